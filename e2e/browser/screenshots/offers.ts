/** What is for sale on the pictures. The last one is the newest. */
export const offers: [title: string, price: number][] = [
  ["Northern Lights Festival, weekend pass, 2–4 July", 189],
  ["Swan Lake, box for four, Sat 30 January", 1250],
  ["Moons of Jupiter, Planetarium, Fri 15 January", 16],
  ["Pottery for two, Sat 9 January, 10 am", 64],
  ["New Year’s Eve at the Grand, dinner and dancing", 240],
  ["Stand-up Sunday, The Cellar, 20 December", 12.5],
  ["Messiah by candlelight, St Anne’s, Thu 17 December", 45],
  ["A Christmas Carol, Wed 16 December, 4 pm, stalls", 19.99],
  ["Ada Moreau Quartet, Blue Door, Tue 15 December", 27],
  ["Harbour City v Northgate, Sun 13 December, block 112", 74.99],
  ["Hamlet, Sat 12 December, matinee, row C", 58],
  ["The Paper Lanterns, Union Hall, Fri 11 December", 32.5],
];
