// A picture of a terminal for our pages: what `tmux capture-pane -e -p` prints comes in, an SVG goes out.
//   tmux capture-pane -e -p -t SESSION | node scripts/terminal-picture.js 'TITLE' > docs/images/up.svg
import { readFileSync } from 'node:fs'

const cell = { width: 8.4, height: 19 }
const margin = 16
const colours = { 31: '#ff7b72', 32: '#56d364', 33: '#e3b341' }
const plain = { fill: '#d1d5db', bold: false }

const lines = readFileSync(0, 'utf8').replace(/\s+$/, '').split('\n')
// Each line as pieces of text, each with the codes that stand before it.
const parsed = lines.map((line) =>
  line.split('\u001b[').map((piece, at) => {
    const codes = at === 0 ? undefined : /^([0-9;]*)m/.exec(piece)
    return codes
      ? { codes: codes[1].split(';').map(Number), text: piece.slice(codes[0].length) }
      : { codes: [], text: piece }
  }),
)
const columns = Math.max(...parsed.map((pieces) => pieces.reduce((sum, { text }) => sum + text.length, 0)))
const width = Math.ceil(columns * cell.width + 2 * margin)
const height = lines.length * cell.height + 2 * margin

let style = plain
const rows = parsed.map((pieces, row) => {
  let column = 0
  const spans = pieces.map(({ codes, text }) => {
    for (const code of codes) style = next(style, code)
    const x = margin + column * cell.width
    column += text.length
    if (text.trim() === '') return ''
    return `<tspan x="${x.toFixed(1)}" fill="${style.fill}"${style.bold ? ' font-weight="bold"' : ''}>${escaped(text)}</tspan>`
  })
  const y = margin + (row + 0.75) * cell.height
  return `<text y="${y.toFixed(1)}" xml:space="preserve">${spans.join('')}</text>`
})

process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14">
<title>${escaped(process.argv[2] ?? 'A terminal')}</title>
<rect width="100%" height="100%" rx="8" fill="#161b22"/>
${rows.join('\n')}
</svg>
`)

function next(style, code) {
  if (code === 0) return plain
  if (code === 1) return { ...style, bold: true }
  if (code === 2) return { ...style, fill: '#8b949e' }
  if (code === 22) return { ...style, bold: false, fill: style.fill === '#8b949e' ? plain.fill : style.fill }
  if (code === 39) return { ...style, fill: plain.fill }
  return colours[code] === undefined ? style : { ...style, fill: colours[code] }
}

function escaped(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}
