/** Linking a phone: the QR to scan, or the code to type. */
import { z } from 'zod'
import type { Api, ApiDeps } from './api.ts'
import { ask } from './ask.ts'
import { iso, moment } from './page.ts'
import { found, problem } from './problem.ts'
import { qrPng, qrSvg, qrText } from './qr-image.ts'
import { pathId } from './validate.ts'

const tags = ['Sessions']
const params = pathId('session_not_found')

const qrJson = z
  .object({ qr: z.string().describe('The text to draw.'), expires_at: moment.nullable() })
  .meta({ id: 'Qr' })

export function linkingRoutes(app: Api, { store, commands }: Pick<ApiDeps, 'store' | 'commands'>): void {
  app.get(
    '/sessions/:id/qr',
    {
      schema: {
        tags,
        operationId: 'getSessionQr',
        summary: 'Get the QR to scan',
        description:
          'WhatsApp on the phone: Settings, Linked devices, Link a device. `text` is for a terminal.',
        params,
        querystring: z.strictObject({ format: z.enum(['json', 'svg', 'png', 'text']).default('json') }),
        response: {
          200: {
            description: 'The code, black on white with a quiet zone.',
            content: {
              'application/json': { schema: qrJson },
              'image/svg+xml': { schema: z.string() },
              'image/png': { schema: z.custom<Buffer>().meta({ contentMediaType: 'image/png' }) },
              'text/plain': { schema: z.string() },
            },
          },
        },
      },
      config: { problems: ['session_not_found', 'qr_not_available'] },
    },
    async (request, reply) => {
      const row = found(await store.sessions.get(request.profileId, request.params.id), 'session_not_found')
      const { qr, qrExpiresAt, status } = row
      if (qr === null || (qrExpiresAt !== null && qrExpiresAt.getTime() <= Date.now())) {
        const detail = `The session is \`${status}\`. ${row.reason ?? 'A code exists while a session is being linked.'}`
        throw problem('qr_not_available', detail, { session_status: status })
      }
      switch (request.query.format) {
        case 'svg':
          return reply.type('image/svg+xml').send(qrSvg(qr))
        case 'png':
          return reply.type('image/png').send(qrPng(qr))
        case 'text':
          return reply.type('text/plain; charset=utf-8').send(qrText(qr))
        case 'json':
          return reply.type('application/json').send({ qr, expires_at: iso(qrExpiresAt) })
      }
    },
  )

  app.post(
    '/sessions/:id/pairing-code',
    {
      schema: {
        tags,
        operationId: 'createPairingCode',
        summary: 'Get a pairing code',
        description:
          'WhatsApp on the phone: Linked devices, Link a device, "Link with phone number instead".',
        params,
        body: z.strictObject({
          phone: z
            .string()
            .max(32)
            .transform(text => text.replaceAll(/[\s().+-]/g, ''))
            .refine(
              digits => /^[1-9]\d{6,14}$/.test(digits),
              'Expected a number with its country code, such as +1 555 0100 000.',
            )
            .describe('The number of the phone that will enter the code, with its country code.'),
        }),
        response: { 200: z.object({ code: z.string().describe('ABCD-1234'), expires_at: moment }) },
      },
      config: {
        problems: [
          'session_not_found',
          'session_already_linked',
          'network_unavailable',
          'whatsapp_refused',
          'engine_unavailable',
          'timeout',
        ],
      },
    },
    async request => {
      const { id } = request.params
      found(await store.sessions.get(request.profileId, id), 'session_not_found')
      const { code, expiresAt } = await ask(commands, 'session.pairing-code', {
        sessionId: id,
        phone: request.body.phone,
      })
      return { code, expires_at: expiresAt }
    },
  )
}
