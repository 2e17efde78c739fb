/** What the gateway cannot see, noted by this browser: that somebody sent a test, verified at home, or wants no first steps. */

function note(name: string): [is: () => boolean, set: () => void] {
  const place = `waxwing.${name}`
  return [() => localStorage.getItem(place) !== null, () => localStorage.setItem(place, '1')]
}

export const [hasSkippedWelcome, skipWelcome] = note('welcome-skipped')
export const [hasVerified, noteVerified] = note('verified')
export const [hasTested, noteTested] = note('tested')
