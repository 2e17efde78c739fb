import { InvalidArgumentError } from 'commander'

/** What commander calls with an option's text; what these throw it shows, with the option's name. */

export function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535)
    throw new InvalidArgumentError('It is a port from 0 to 65535.')
  return Number(text)
}

/** A phone number as WhatsApp writes it. */
export function digits(text: string): string {
  if (!/^\d{5,15}$/.test(text))
    throw new InvalidArgumentError('It is a number with its country code, digits only.')
  return text
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a whole number.')
  return Number(text)
}
