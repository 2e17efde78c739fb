/** Whether this browser has asked for no more first steps. */
const place = 'waxwing.welcome-skipped'

export const hasSkippedWelcome = (): boolean => localStorage.getItem(place) !== null
export const skipWelcome = (): void => localStorage.setItem(place, '1')

const verifiedPlace = 'waxwing.verified'
/** The one step the gateway cannot see: somebody's own receiver verified a signature. */
export const hasVerified = (): boolean => localStorage.getItem(verifiedPlace) !== null
export const noteVerified = (): void => localStorage.setItem(verifiedPlace, '1')

const testedPlace = 'waxwing.tested'
/** Tests are not stored by the gateway. */
export const hasTested = (): boolean => localStorage.getItem(testedPlace) !== null
export const noteTested = (): void => localStorage.setItem(testedPlace, '1')
