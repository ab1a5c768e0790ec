"""A plot of the tables as an SVG: one row of bars per table, Carrel's first and coloured."""

from xml.sax.saxutils import escape

WIDTH, LABEL, BAR, GAP = 760, 190, 16, 5
OWN, OTHER, TEXT = "#2f6f5e", "#b8c4c0", "#333"


def bars(tables):
    parts, y = [], 10
    for table in tables:
        key, title = next(iter(table["columns"].items()))
        rows = table["rows"]
        most = max((figures[key] for figures in rows.values()), default=0) or 1
        parts.append(f'<text x="10" y="{y + 14}" font-weight="bold">{escape(table["title"])}: {escape(title)}</text>')
        y += 24
        for name, figures in rows.items():
            length = (WIDTH - LABEL - 110) * figures[key] / most
            colour = OWN if "Carrel" in name or "edge" in name else OTHER
            value = f"{figures[key]:,.0f}" if figures[key] >= 1000 else f"{figures[key]:.3g}"
            parts.append(f'<text x="{LABEL - 8}" y="{y + 12}" text-anchor="end">{escape(name)}</text>'
                         f'<rect x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{colour}"/>'
                         f'<text x="{LABEL + length + 6:.1f}" y="{y + 12}">{value}</text>')
            y += BAR + GAP
        y += 14
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" font-family="sans-serif" '
            f'font-size="12" fill="{TEXT}"><rect width="100%" height="100%" fill="white"/>' + "\n".join(parts)
            + "</svg>\n")
