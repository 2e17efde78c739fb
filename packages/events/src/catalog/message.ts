import { z } from 'zod'
import { media } from './media.ts'
import { isoTime, jid, person, unixSeconds } from './person.ts'

/** The text of a message, whatever its kind. */
export const body = z
  .string()
  .describe('The text a person would read: text, caption, title, chosen option. Never null; `""` if none.')

export const messageKind = z.enum([
  'text',
  'image',
  'audio',
  'voice',
  'video',
  'gif',
  'sticker',
  'document',
  'location',
  'live_location',
  'contact',
  'contacts',
  'poll',
  'reaction',
  'event',
  'product',
  'order',
  'list',
  'button',
  'template',
  'group_invite',
  'view_once',
  'unknown',
])

/** What kind of content a message has. */
export type MessageKind = z.output<typeof messageKind>

const location = z
  .strictObject({
    latitude: z.number().min(-90).max(90).describe('Degrees.'),
    longitude: z.number().min(-180).max(180).describe('Degrees.'),
    name: z.string().optional().describe('The name of the place.'),
    address: z.string().optional().describe('The address of the place.'),
    url: z.string().optional().describe('A link that the sender put with the place.'),
    accuracyMeters: z.number().min(0).optional().describe('How far off the point may be.'),
    speedMetersPerSecond: z.number().min(0).optional().describe('Live locations only.'),
    headingDegrees: z
      .number()
      .min(0)
      .max(360)
      .optional()
      .describe('Clockwise from north. Live locations only.'),
    sequence: z.int().min(0).optional().describe('Counts the updates of one live location.'),
  })
  .meta({ id: 'Location', description: 'A point on the map.' })

const contactCard = z
  .strictObject({
    name: z.string().describe('The name on the card.'),
    phones: z
      .array(
        z.strictObject({
          number: z.string().describe('As written on the card.'),
          jid: jid.optional().describe('The WhatsApp address of that number, when the card names it.'),
        }),
      )
      .describe('The numbers on the card.'),
    vcard: z.string().describe('The card as it was sent (vCard 3.0).'),
  })
  .meta({ id: 'ContactCard', description: 'A contact that somebody shared.' })

const poll = z
  .strictObject({
    question: z.string().describe('What is asked.'),
    options: z.array(z.string()).describe('The answers on offer, in order.'),
    selectableCount: z.int().min(0).describe('How many one person may choose; 0 means any number.'),
  })
  .meta({ id: 'Poll', description: 'A question with answers to choose from. Votes come as `poll.results`.' })

const calendarEvent = z
  .strictObject({
    name: z.string().describe('What it is called.'),
    description: z.string().optional().describe('What it is about.'),
    startsAt: isoTime.describe('When it begins.'),
    endsAt: isoTime.optional().describe('When it ends.'),
    location: location.optional(),
    joinLink: z.string().optional().describe('Link of the call that belongs to it.'),
    canceled: z.boolean().describe('Whether it was called off.'),
  })
  .meta({ id: 'CalendarEvent', description: 'An invitation to something at a time and place.' })

const product = z
  .strictObject({
    productId: z.string().describe('WhatsApp’s id of the article.'),
    title: z.string().describe('The name of the article.'),
    description: z.string().optional().describe('What the seller says about it.'),
    price: z.number().optional().describe('In units of `currency`.'),
    currency: z.string().optional().describe('ISO 4217.'),
    url: z.string().optional().describe('The article in the seller’s shop.'),
    retailerId: z.string().optional().describe('The seller’s own article number.'),
    seller: person.optional(),
  })
  .meta({ id: 'Product', description: 'An article of a business catalog.' })

const order = z
  .strictObject({
    orderId: z.string().describe('WhatsApp’s id of the order.'),
    title: z.string().optional().describe('The name of the order.'),
    message: z.string().optional().describe('What the buyer wrote with it.'),
    itemCount: z.int().min(0).describe('How many articles are in it.'),
    total: z.number().optional().describe('In units of `currency`.'),
    currency: z.string().optional().describe('ISO 4217.'),
    seller: person.optional(),
  })
  .meta({ id: 'Order', description: 'A shopping cart sent to a business.' })

const choice = z
  .strictObject({
    id: z.string().describe('The sender’s own id of the choice; it comes back in the reply.'),
    title: z.string().describe('What the button or row says.'),
    description: z.string().optional().describe('The second line of a row.'),
  })
  .meta({ id: 'Choice', description: 'One button or row of an interactive message.' })

const interactive = {
  choices: z.array(choice).optional().describe('What can be chosen, when this message offers it.'),
  reply: choice.optional().describe('What was chosen, when this message answers.'),
}

const groupInvite = z
  .strictObject({
    groupJid: jid.describe('The group.'),
    groupName: z.string().describe('The name of the group.'),
    code: z.string().optional().describe('The code to join with.'),
    expiresAt: isoTime.optional().describe('When the invitation ends.'),
  })
  .meta({ id: 'GroupInvite', description: 'A personal invitation to a group.' })

const linkPreview = z
  .strictObject({
    url: z.string().describe('The link.'),
    title: z.string().optional().describe('The title of the page.'),
    description: z.string().optional().describe('What the page says about itself.'),
  })
  .meta({ id: 'LinkPreview', description: 'The preview of a link in the text, made by the sender.' })

const reaction = z
  .strictObject({
    messageId: z.string().describe('The message reacted to.'),
    emoji: z.string().describe('One emoji; `""` takes the reaction back.'),
  })
  .meta({ id: 'Reaction', description: 'A reaction, where it is reported as a message.' })

const withMedia = {
  media,
  viewOnce: z.literal(true).optional().describe('Present when the sender wanted it to be seen once.'),
}

const content = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text'), linkPreview: linkPreview.optional() }),
    z.strictObject({ type: z.literal('image'), ...withMedia }),
    z.strictObject({ type: z.literal('audio'), ...withMedia }),
    z.strictObject({ type: z.literal('voice'), ...withMedia }),
    z.strictObject({ type: z.literal('video'), ...withMedia }),
    z.strictObject({ type: z.literal('gif'), ...withMedia }),
    z.strictObject({
      type: z.literal('sticker'),
      media,
      animated: z.boolean().optional().describe('Whether the sticker moves.'),
    }),
    z.strictObject({ type: z.literal('document'), media }),
    z.strictObject({ type: z.literal('location'), location }),
    z.strictObject({ type: z.literal('live_location'), location }),
    z.strictObject({ type: z.literal('contact'), contacts: z.array(contactCard).length(1) }),
    z.strictObject({ type: z.literal('contacts'), contacts: z.array(contactCard) }),
    z.strictObject({ type: z.literal('poll'), poll }),
    z.strictObject({ type: z.literal('reaction'), reaction }),
    z.strictObject({ type: z.literal('event'), event: calendarEvent }),
    z.strictObject({ type: z.literal('product'), product }),
    z.strictObject({ type: z.literal('order'), order }),
    z.strictObject({ type: z.literal('list'), ...interactive }),
    z.strictObject({ type: z.literal('button'), ...interactive }),
    z.strictObject({ type: z.literal('template'), ...interactive }),
    z.strictObject({ type: z.literal('group_invite'), groupInvite }),
    z.strictObject({ type: z.literal('view_once') }),
    z.strictObject({
      type: z.literal('unknown'),
      field: z
        .string()
        .describe('The name of WhatsApp’s own field, so that you can ask for it. Never its content.'),
    }),
  ])
  .meta({
    id: 'MessageContent',
    description:
      'What the message carries, told apart by `type`. `voice` is a recorded note, `gif` a silent looping video, `view_once` something WhatsApp shows on the phone only, `unknown` something this version cannot read.',
  })

const quoted = z
  .strictObject({
    messageId: z.string().describe('The message answered.'),
    participant: person.optional().describe('Who wrote it.'),
    body,
    type: messageKind.describe('What kind of message it was.'),
  })
  .meta({ id: 'QuotedMessage', description: 'The message that this one answers.' })

/**
 * Which message an event is about. `participant` is always whoever did what the event tells: the author of a
 * message, the reader of a receipt, the one who reacted or deleted.
 */
export const messageReference = {
  from: jid.describe('The chat: the other person, the group or the channel. Answer to this address.'),
  messageId: z.string().describe('WhatsApp’s id of the message, unique within the chat.'),
  fromMe: z.boolean().describe('Whether this number sent the message.'),
  isGroup: z.boolean().describe('Whether the chat is a group.'),
}

const messageBase = z
  .strictObject({
    ...messageReference,
    participant: person.describe(
      'Who wrote it: the other person in a personal chat, the member in a group, the channel in a channel, this number if `fromMe`.',
    ),
    body,
    timestamp: unixSeconds.describe('When it was sent, in unix seconds.'),
    pushName: z.string().optional().describe('The name the author chose for themselves.'),
    quoted: quoted.optional(),
    mentions: z.array(person).optional().describe('Who is mentioned with @ in the text.'),
    forwarded: z.literal(true).optional().describe('Present when it was forwarded.'),
    ephemeralSeconds: z.int().min(1).optional().describe('Disappears this many seconds later.'),
    broadcast: z.literal(true).optional().describe('Present when it came through a broadcast list.'),
    offline: z
      .literal(true)
      .optional()
      .describe('Present when it waited at WhatsApp while this session was offline.'),
  })
  .meta({ id: 'MessageBase', description: 'What every message has.' })

/** A message in the clean format. */
export type Message = z.output<typeof message>
export const message = z.intersection(messageBase, content).meta({
  id: 'Message',
  description: 'A message in the clean format: what every message has, and the content of its kind.',
})
