import { encode } from 'uqr'

/**
 * The code, black on white with the quiet zone of four modules that the standard asks for, in every theme: scanners reject
 * a code that is inverted or touches something dark.
 */
export function Qr({ text, dimmed = false }: { text: string; dimmed?: boolean }) {
  const { data, size } = encode(text, { ecc: 'L', border: 4 })
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return (
    <svg
      role="img"
      aria-label="QR code to scan with WhatsApp"
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className={`block size-full transition-[filter,opacity] duration-100 ${dimmed ? 'opacity-15 blur-[3px]' : ''}`}
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}
