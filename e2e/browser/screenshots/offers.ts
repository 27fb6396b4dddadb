/** What is for sale on the pictures. The last one is the newest. */
export const offers: [title: string, price: number][] = [
  ["Northern Lights Festival · weekend pass with camping, 2–4 July", 189],
  ["Swan Lake · box for four, Sat 30 January, 7 pm", 1250],
  ["Planetarium late show: the moons of Jupiter · Fri 15 January", 16],
  ["Pottery taster class for two · Sat 9 January, 10 am", 64],
  ["New Year’s Eve at the Grand · dinner and dancing, one seat", 240],
  ["Stand-up Sunday: five comics, one microphone · 20 December", 12.5],
  ["Messiah by candlelight · St Anne’s, Thu 17 December, 7:30 pm", 45],
  ["A Christmas Carol for families · Wed 16 December, 4 pm, stalls", 19.99],
  ["Winter Jazz Night with the Ada Moreau Quartet · Tue 15 December", 27],
  ["Harbour City v Northgate United · Sun 13 December, block 112", 74.99],
  ["Hamlet · Sat 12 December, matinee, row C", 58],
  ["The Paper Lanterns at Union Hall · Fri 11 December, standing", 32.5],
];
