import { z } from 'zod'
import { isoTime } from './person.ts'

/** The attachment of a message, downloaded and checked by the gateway. */
export type Media = z.output<typeof media>
export const media = z
  .strictObject({
    url: z
      .url()
      .optional()
      .describe(
        'Where to download the file, decrypted and checked. Signed: works without a key, until `expiresAt`.',
      ),
    base64: z
      .base64()
      .optional()
      .describe('The file itself, instead of `url`, for webhooks with media mode base64.'),
    mimeType: z.string().describe('As the sender declared it, for example `image/jpeg`.'),
    fileName: z.string().optional().describe('The name the sender gave; documents have one.'),
    size: z.int().min(0).optional().describe('Bytes.'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional()
      .describe('SHA-256 of the file, in hex.'),
    seconds: z.number().min(0).optional().describe('Length of audio and video.'),
    width: z.int().min(0).optional().describe('Pixels.'),
    height: z.int().min(0).optional().describe('Pixels.'),
    thumbnail: z.base64().optional().describe('A small JPEG preview, in base64.'),
    expiresAt: isoTime.optional().describe('When `url` stops working.'),
    error: z
      .strictObject({
        code: z
          .enum(['gone', 'too_large', 'corrupt', 'timeout', 'network', 'storage'])
          .describe(
            '`gone`: no longer on WhatsApp’s servers (a re-upload has been asked for). `corrupt`: a checksum did not match.',
          ),
        detail: z.string().describe('One sentence for people.'),
      })
      .optional()
      .describe(
        'Why there is no file. `messages.update` follows with the media if a later attempt succeeds.',
      ),
  })
  .meta({
    id: 'Media',
    description:
      'A file that came with a message. Without `url`, `base64` and `error` the webhook asked for none.',
  })
