import { Link, type LinkProps } from '@tanstack/react-router'
import type { ComponentProps, ReactNode } from 'react'
import { cn } from './class-names.ts'

type Look = { variant?: keyof typeof variants; size?: keyof typeof sizes; icon?: ReactNode }

const variants = {
  solid: 'bg-solid text-on-solid hover:opacity-90 border-transparent',
  plain: 'bg-surface text-ink border-line hover:bg-hover hover:border-strong-line',
  quiet: 'bg-transparent text-soft border-transparent hover:bg-hover hover:text-ink',
  danger: 'bg-surface text-bad border-line hover:bg-bad-tint hover:border-bad/40',
}
const sizes = {
  sm: 'h-7 px-2.5 gap-1.5 text-sm rounded-md',
  md: 'h-8.5 px-3.5 gap-2 text-base rounded-lg',
}

function look({ variant = 'plain', size = 'sm' }: Look): string {
  return cn(
    'inline-flex shrink-0 items-center justify-center border font-medium whitespace-nowrap select-none',
    'transition-[background-color,border-color,opacity] duration-100 disabled:opacity-50',
    '[&_svg]:size-3.5 [&_svg]:shrink-0',
    variants[variant],
    sizes[size],
  )
}

/** `busy`: it is being done; the button keeps its width and takes no further click. */
export function Button({
  variant,
  size,
  icon,
  busy = false,
  className,
  children,
  disabled,
  type = 'button',
  ...rest
}: ComponentProps<'button'> & Look & { busy?: boolean }) {
  return (
    <button
      {...rest}
      type={type}
      aria-busy={busy || undefined}
      disabled={disabled || busy}
      className={cn(look({ variant, size }), className)}
    >
      {icon}
      {children}
    </button>
  )
}

export function LinkButton({
  variant,
  size,
  icon,
  children,
  className,
  ...rest
}: LinkProps & Look & { className?: string; children?: ReactNode; onClick?: () => void }) {
  return (
    <Link {...rest} className={cn(look({ variant, size }), className)}>
      {icon}
      {children}
    </Link>
  )
}

/** A button that is only a picture; `label` is its name. */
export function IconButton({
  label,
  className,
  children,
  ...rest
}: ComponentProps<'button'> & { label: string }) {
  return (
    <button
      {...rest}
      type="button"
      aria-label={label}
      title={label}
      className={cn(
        'inline-flex size-7 shrink-0 items-center justify-center rounded-md text-soft transition-colors duration-100',
        'hover:bg-hover hover:text-ink disabled:opacity-40 [&_svg]:size-4',
        className,
      )}
    >
      {children}
    </button>
  )
}
