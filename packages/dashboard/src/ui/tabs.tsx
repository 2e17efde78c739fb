import { Link, type LinkProps } from '@tanstack/react-router'

/** Parts of a page, each with an address of its own. */
export function LinkTabs({ label, tabs }: { label: string; tabs: { text: string; link: LinkProps }[] }) {
  return (
    <nav aria-label={label} className="mb-6 flex gap-5 overflow-x-auto border-b border-line">
      {tabs.map(({ text, link }) => (
        <Link
          key={text}
          {...link}
          activeOptions={{ exact: true, includeSearch: false }}
          className="-mb-px border-b-2 border-transparent pb-2 font-medium whitespace-nowrap text-soft hover:text-ink"
          activeProps={{ className: '!border-ink !text-ink', 'aria-current': 'page' }}
        >
          {text}
        </Link>
      ))}
    </nav>
  )
}

/** A choice between a few views of the same thing. */
export function Segments<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string
  value: T
  options: readonly (readonly [value: T, text: string])[]
  onChange: (value: T) => void
}) {
  return (
    <fieldset className="inline-flex min-w-0 max-w-full overflow-x-auto rounded-lg border border-line bg-sunken p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map(([option, text]) => (
        <button
          key={option}
          type="button"
          aria-pressed={option === value}
          onClick={() => onChange(option)}
          className="h-6.5 rounded-md px-2.5 text-sm font-medium whitespace-nowrap text-soft hover:text-ink aria-pressed:bg-raised aria-pressed:text-ink aria-pressed:shadow-sm"
        >
          {text}
        </button>
      ))}
    </fieldset>
  )
}
