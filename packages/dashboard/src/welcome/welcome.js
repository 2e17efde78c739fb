// Puts the address of this page and the key from its link into the calls, and a copy button on each.
// Nothing leaves the browser: the policy of the page forbids every connection, and a fragment is never sent.

for (const place of document.querySelectorAll('[data-origin]')) place.textContent = location.origin

const key = new URLSearchParams(location.hash.slice(1)).get('key')
if (key !== null && /^wx_[\w-]{8,200}$/.test(key)) {
  for (const place of document.querySelectorAll('[data-key]')) place.textContent = key
  for (const note of document.querySelectorAll('[data-without-key]')) note.remove()
  // A key in the address bar ends up in bookmarks, history and screenshots.
  history.replaceState(null, '', location.pathname)
}

for (const pre of document.querySelectorAll('pre')) pre.before(copyButton(pre))

function copyButton(pre) {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'copy'
  button.textContent = 'Copy'
  button.addEventListener('click', async () => {
    button.textContent = (await copied(pre)) ? 'Copied' : 'Press Ctrl C'
    setTimeout(() => {
      button.textContent = 'Copy'
    }, 1500)
  })
  return button
}

/** The clipboard is closed to pages on plain http outside this machine; there the text is selected instead. */
async function copied(pre) {
  try {
    await navigator.clipboard.writeText(pre.textContent)
    return true
  } catch {
    getSelection().selectAllChildren(pre)
    return false
  }
}
