/**
 * A QR text as a picture. Always black on white with the quiet zone of four modules that ISO/IEC 18004 asks for,
 * whatever the theme of page or terminal: many phones do not read an inverted code.
 */
import { PNG } from 'pngjs'
import { encode, renderSVG } from 'uqr'

const QUIET_ZONE = 4
/** Pixels a module: about 520 px for the codes of WhatsApp, sharp on a phone's camera from arm's length. */
const PNG_SCALE = 8

export function qrSvg(text: string): string {
  return renderSVG(text, { border: QUIET_ZONE, whiteColor: '#fff', blackColor: '#000' })
}

export function qrPng(text: string): Buffer {
  const { data, size } = encode(text, { border: QUIET_ZONE })
  const side = size * PNG_SCALE
  const picture = new PNG({ width: side, height: side, colorType: 0 })
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const dark = data[Math.floor(y / PNG_SCALE)]?.[Math.floor(x / PNG_SCALE)] === true
      picture.data.fill(dark ? 0 : 255, (y * side + x) * 4, (y * side + x) * 4 + 3)
      picture.data[(y * side + x) * 4 + 3] = 255
    }
  }
  return PNG.sync.write(picture, { colorType: 0 })
}

/** Exact black and white of the 256-colour palette: themes repaint the first sixteen colours. */
const BLACK_ON_WHITE = '\x1b[38;5;16;48;5;231m'
const RESET = '\x1b[0m'

/** For a terminal: two rows of modules a line, drawn with half blocks. */
export function qrText(text: string): string {
  const { data, size } = encode(text, { border: QUIET_ZONE })
  const lines: string[] = []
  for (let y = 0; y < size; y += 2) {
    const upper = data[y] ?? []
    const lower = data[y + 1] ?? []
    lines.push(BLACK_ON_WHITE + upper.map((dark, x) => halfBlock(dark, lower[x] === true)).join('') + RESET)
  }
  return `${lines.join('\n')}\n`
}

function halfBlock(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀'
  return lower ? '▄' : ' '
}
