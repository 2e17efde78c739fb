import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CommandHandlers, Commands } from './commands.ts'

/** The laws every carrier of commands keeps. `create` makes a fresh one, served by nobody. */
export function commandsConformance(
  name: string,
  create: () => Promise<{ commands: Commands; close(): Promise<void> }>,
): void {
  const withCommands = (law: string, body: (commands: Commands) => Promise<void>) =>
    test(law, async () => {
      const { commands, close } = await create()
      try {
        await body(commands)
      } finally {
        await close()
      }
    })

  describe(`commands (${name})`, () => {
    withCommands('a command is answered with its result', async commands => {
      commands.serve(handlers({ 'session.connect': async ({ sessionId }) => good({ status: sessionId }) }))
      assert.deepEqual(await commands.call('session.connect', { sessionId: 's1' }), good({ status: 's1' }))
    })

    withCommands('a refusal is a value with its code and sentence', async commands => {
      const refusal = { ok: false, code: 'session_not_found', detail: 'There is no such session.' } as const
      commands.serve(handlers({ 'session.logout': async () => refusal }))
      assert.deepEqual(await commands.call('session.logout', { sessionId: 's1' }), refusal)
    })

    withCommands('without anybody serving the answer is engine_unavailable', async commands => {
      const answer = await commands.call('session.connect', { sessionId: 's1' }, { timeoutMs: 500 })
      assert.equal(answer.ok ? '' : answer.code, 'engine_unavailable')
    })

    withCommands('after serving stopped the answer is engine_unavailable', async commands => {
      commands.serve(handlers({})).stop()
      const answer = await commands.call('session.connect', { sessionId: 's1' }, { timeoutMs: 500 })
      assert.equal(answer.ok ? '' : answer.code, 'engine_unavailable')
    })

    withCommands('a handler that does not answer in time is a timeout, and others go on', async commands => {
      const never = new Promise<never>(() => {})
      commands.serve(
        handlers({ 'session.connect': () => never, 'session.restart': async () => good({ status: 'ok' }) }),
      )
      const slow = commands.call('session.connect', { sessionId: 's1' }, { timeoutMs: 100 })
      assert.deepEqual(await commands.call('session.restart', { sessionId: 's1' }), good({ status: 'ok' }))
      const answer = await slow
      assert.equal(answer.ok ? '' : answer.code, 'timeout')
    })

    withCommands(
      'a handler that throws is internal_error, says nothing of the fault, and serving goes on',
      async commands => {
        commands.serve(
          handlers({
            'session.connect': async () => {
              throw new Error('secret detail')
            },
            'session.restart': async () => good({ status: 'ok' }),
          }),
        )
        const answer = await commands.call('session.connect', { sessionId: 's1' })
        assert.equal(answer.ok ? '' : answer.code, 'internal_error')
        assert.ok(!JSON.stringify(answer).includes('secret detail'))
        assert.ok((await commands.call('session.restart', { sessionId: 's1' })).ok)
      },
    )

    withCommands('arguments and results cross as copies', async commands => {
      const result = { status: 'as served' }
      commands.serve(
        handlers({
          'session.connect': async args => {
            args.sessionId = 'changed'
            return good(result)
          },
        }),
      )
      const args = { sessionId: 's1' }
      const answer = await commands.call('session.connect', args)
      assert.equal(args.sessionId, 's1')
      if (answer.ok) answer.result.status = 'changed'
      assert.equal(result.status, 'as served')
    })
  })
}

const good = <R>(result: R) => ({ ok: true, result }) as const

/** Handlers of which the test cares about some; the rest refuse. */
function handlers(some: Partial<CommandHandlers>): CommandHandlers {
  const refuse = async () =>
    ({ ok: false, code: 'whatsapp_refused', detail: 'not part of this test' }) as const
  return {
    'session.connect': refuse,
    'session.logout': refuse,
    'session.restart': refuse,
    'session.remove': refuse,
    'session.pairing-code': refuse,
    'session.apply-settings': refuse,
    'session.figures': refuse,
    'message.send': refuse,
    ...some,
  }
}
