/**
 * The messages in a stream of Server-Sent Events, and an `event: ''` for every comment, so that who waits knows of life.
 * `text` comes in pieces of any size.
 */
export async function* readServerSentEvents(
  text: AsyncIterable<string>,
): AsyncGenerator<{ event: string; data: string }> {
  let rest = ''
  for await (const piece of text) {
    const blocks = (rest + piece).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) yield { event: fieldOf(block, 'event'), data: fieldOf(block, 'data') }
  }
}

function fieldOf(block: string, name: string): string {
  const line = block.split('\n').find(each => each.startsWith(`${name}: `))
  return line?.slice(name.length + 2) ?? ''
}
