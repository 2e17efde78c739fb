// Before the first paint, so that a dark page never flashes white. Not a module: those wait for the whole document.
document.documentElement.dataset.theme = localStorage.getItem('waxwing.theme') ?? 'system'
