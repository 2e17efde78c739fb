/** The bird. Decorative: the name stands beside it. */
export function Mark({ className = 'size-6' }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#b5432e" />
      <path d="M8 20c5 0 8-3 9-9 4 1 7 4 7 8 0 3-3 5-7 5s-7-1-9-4z" fill="#fff" />
    </svg>
  )
}
