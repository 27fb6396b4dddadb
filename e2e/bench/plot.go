package main

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// plot is a picture of costs by size. Sizes are evenly spaced, as on a logarithmic axis. The cost axis starts at 0, so
// that a flat line is flat and a small difference looks small.
type plot struct {
	title, unit string
	lines       []line
}

type line struct {
	name   string
	points map[int]float64 // cost by size
}

const (
	plotWidth, plotHeight = 720, 360
	left, right, top      = 60, 220, 40
	bottom                = 40
	ticks                 = 4
)

var colors = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"}

func (p *plot) add(name string, size int, cost float64) {
	i := slices.IndexFunc(p.lines, func(l line) bool { return l.name == name })
	if i < 0 {
		i = len(p.lines)
		p.lines = append(p.lines, line{name, make(map[int]float64)})
	}
	p.lines[i].points[size] = cost
}

// axes are the sizes in order, and the greatest cost, rounded up.
func (p plot) axes() (sizes []int, greatest float64) {
	for _, l := range p.lines {
		for size, cost := range l.points {
			greatest = max(greatest, cost)
			if !slices.Contains(sizes, size) {
				sizes = append(sizes, size)
			}
		}
	}
	slices.Sort(sizes)
	step := math.Pow(10, math.Floor(math.Log10(max(greatest, 1))))
	return sizes, max(1, math.Ceil(greatest/step)) * step
}

// svg draws the plot.
func (p plot) svg() string {
	sizes, greatest := p.axes()
	x := func(size int) float64 {
		return left + float64(slices.Index(sizes, size))*(plotWidth-left-right)/float64(max(1, len(sizes)-1))
	}
	y := func(cost float64) float64 { return plotHeight - bottom - cost/greatest*(plotHeight-top-bottom) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<title>%s</title><rect width="100%%" height="100%%" fill="#fff"/>`+"\n", html.EscapeString(p.title))
	fmt.Fprintf(&b, `<text x="%d" y="22" font-size="14">%s, in %s</text>`+"\n", left, html.EscapeString(p.title), p.unit)
	for i := range ticks + 1 {
		cost := greatest * float64(i) / ticks
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n",
			left, y(cost), plotWidth-right, left-8, y(cost)+4, cost)
	}
	for _, size := range sizes {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x(size), plotHeight-bottom+20, size)
	}
	for i, l := range p.lines {
		color := colors[i%len(colors)]
		var path []string
		for _, size := range sizes {
			if cost, measured := l.points[size]; measured {
				path = append(path, fmt.Sprintf("%.1f,%.1f", x(size), y(cost)))
				fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x(size), y(cost), color)
			}
		}
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(path, " "), color)
		fmt.Fprintf(&b, `<text x="%d" y="%d" fill="%s">%s</text>`+"\n", plotWidth-right+14, top+8+i*18, color, html.EscapeString(l.name))
	}
	b.WriteString("</svg>\n")
	return b.String()
}
