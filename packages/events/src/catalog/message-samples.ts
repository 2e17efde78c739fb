import type { Message } from './message.ts'
import type { Person } from './person.ts'

/** The people, places and files of all samples. Nobody real: the numbers are reserved for fiction. */
export const ann: Person = { jid: '15550100@s.whatsapp.net', lid: '100000000000100@lid', phone: '+15550100' }
export const ben: Person = { jid: '15550101@s.whatsapp.net', lid: '100000000000101@lid', phone: '+15550101' }
export const me: Person = { jid: '15550199@s.whatsapp.net', lid: '100000000000199@lid', phone: '+15550199' }
/** Somebody in a group whose phone number WhatsApp does not tell. */
export const stranger: Person = { jid: '100000000000177@lid', lid: '100000000000177@lid' }
export const group = '120363000000000001@g.us'
export const channel = '120363000000000002@newsletter'

/** 2026-11-23T12:00:00Z, the hour at which every sample happens. */
export const noon = 1_795_435_200

const sha256 = '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae'
const file = (name: string) => ({
  url: `https://waxwing.example.com/media/${name}?expires=1795521600&signature=c2lnbmF0dXJl`,
  sha256,
  expiresAt: '2026-11-24T12:00:00.000Z',
})

const fromAnn = {
  messageId: '3EB0A1B2C3D4E5F60718',
  from: ann.jid,
  fromMe: false,
  isGroup: false,
  participant: ann,
  timestamp: noon,
  pushName: 'Ann',
}

const inGroup = { ...fromAnn, from: group, isGroup: true, participant: ben, pushName: 'Ben' }

/** One message of each kind that people write to each other. */
export const personalMessages = {
  text: { ...fromAnn, body: 'Hello, is the blue one still available?', type: 'text' },
  image: {
    ...fromAnn,
    body: 'This one',
    type: 'image',
    media: { ...file('photo.jpg'), mimeType: 'image/jpeg', size: 48_211, width: 1280, height: 960 },
  },
  audio: {
    ...fromAnn,
    body: '',
    type: 'audio',
    media: { ...file('song.mp3'), mimeType: 'audio/mpeg', size: 2_400_133, seconds: 151 },
  },
  voice: {
    ...fromAnn,
    body: '',
    type: 'voice',
    media: { ...file('note.ogg'), mimeType: 'audio/ogg; codecs=opus', size: 9_120, seconds: 4 },
  },
  video: {
    ...fromAnn,
    body: 'How it moves',
    type: 'video',
    media: {
      ...file('clip.mp4'),
      mimeType: 'video/mp4',
      size: 812_004,
      seconds: 12,
      width: 720,
      height: 1280,
    },
  },
  gif: {
    ...fromAnn,
    body: '',
    type: 'gif',
    media: { ...file('wave.mp4'), mimeType: 'video/mp4', size: 120_480, seconds: 2, width: 480, height: 480 },
  },
  sticker: {
    ...fromAnn,
    body: '',
    type: 'sticker',
    media: { ...file('sticker.webp'), mimeType: 'image/webp', size: 14_020, width: 512, height: 512 },
    animated: false,
  },
  document: {
    ...fromAnn,
    body: 'The invoice',
    type: 'document',
    media: { ...file('invoice.pdf'), mimeType: 'application/pdf', fileName: 'invoice.pdf', size: 88_412 },
  },
  mediaFailed: {
    ...fromAnn,
    body: 'This one',
    type: 'image',
    media: {
      mimeType: 'image/jpeg',
      size: 48_211,
      error: {
        code: 'gone',
        detail: 'The file is no longer on WhatsApp’s servers. A re-upload has been asked for.',
      },
    },
  },
  location: {
    ...fromAnn,
    body: 'Old Harbour',
    type: 'location',
    location: { latitude: 53.5436, longitude: 9.9662, name: 'Old Harbour', address: 'Quay 1' },
  },
  liveLocation: {
    ...fromAnn,
    body: '',
    type: 'live_location',
    location: { latitude: 53.5436, longitude: 9.9662, accuracyMeters: 12, headingDegrees: 90, sequence: 3 },
  },
  contact: {
    ...fromAnn,
    body: 'Ben Example',
    type: 'contact',
    contacts: [
      {
        name: 'Ben Example',
        phones: [{ number: '+1 555 0101', jid: ben.jid }],
        vcard: 'BEGIN:VCARD\nVERSION:3.0\nFN:Ben Example\nTEL;waid=15550101:+1 555 0101\nEND:VCARD',
      },
    ],
  },
  contacts: {
    ...fromAnn,
    body: '2 contacts',
    type: 'contacts',
    contacts: [
      {
        name: 'Ben Example',
        phones: [{ number: '+1 555 0101', jid: ben.jid }],
        vcard: 'BEGIN:VCARD\nVERSION:3.0\nFN:Ben Example\nTEL;waid=15550101:+1 555 0101\nEND:VCARD',
      },
      {
        name: 'Office',
        phones: [{ number: '555 0102' }],
        vcard: 'BEGIN:VCARD\nVERSION:3.0\nFN:Office\nTEL:555 0102\nEND:VCARD',
      },
    ],
  },
  poll: {
    ...fromAnn,
    body: 'Which colour?',
    type: 'poll',
    poll: { question: 'Which colour?', options: ['Blue', 'Green'], selectableCount: 1 },
  },
  event: {
    ...fromAnn,
    body: 'Opening',
    type: 'event',
    event: {
      name: 'Opening',
      startsAt: '2026-12-01T18:00:00.000Z',
      location: { latitude: 53.5436, longitude: 9.9662 },
      canceled: false,
    },
  },
  product: {
    ...fromAnn,
    body: 'Blue lamp',
    type: 'product',
    product: { productId: '4001', title: 'Blue lamp', price: 39.5, currency: 'EUR', seller: me },
  },
  order: {
    ...fromAnn,
    body: 'Please deliver on Monday',
    type: 'order',
    order: {
      orderId: '700100',
      message: 'Please deliver on Monday',
      itemCount: 2,
      total: 79,
      currency: 'EUR',
      seller: me,
    },
  },
  buttonReply: { ...fromAnn, body: 'Yes', type: 'button', reply: { id: 'confirm', title: 'Yes' } },
  listReply: {
    ...fromAnn,
    body: 'Tuesday',
    type: 'list',
    reply: { id: 'day-2', title: 'Tuesday', description: '10 to 12' },
  },
  templateOffer: {
    ...fromAnn,
    body: 'May we call you?',
    type: 'template',
    choices: [
      { id: 'yes', title: 'Yes' },
      { id: 'no', title: 'No' },
    ],
  },
  groupInvite: {
    ...fromAnn,
    body: 'Join us',
    type: 'group_invite',
    groupInvite: {
      groupJid: group,
      groupName: 'Lamp friends',
      code: 'EXAMPLEcode',
      expiresAt: '2026-11-26T12:00:00.000Z',
    },
  },
  viewOnce: { ...fromAnn, body: '', type: 'view_once' },
  unknown: { ...fromAnn, body: '', type: 'unknown', field: 'stickerPackMessage' },
} satisfies Record<string, Message>

/** Messages of groups: an answer, a mention, an author without a known number. */
export const groupMessages = {
  groupText: { ...inGroup, body: 'Good morning', type: 'text' },
  groupReply: {
    ...inGroup,
    body: '@15550199 yes, at nine',
    type: 'text',
    quoted: { messageId: '3EB0FFEE00112233AABB', participant: me, body: 'Are you coming?', type: 'text' },
    mentions: [me],
    ephemeralSeconds: 604_800,
  },
  groupStranger: {
    ...inGroup,
    body: 'Forwarded while you were away',
    type: 'text',
    participant: stranger,
    pushName: 'Cleo',
    forwarded: true,
    offline: true,
  },
} satisfies Record<string, Message>

/** A post of a channel this number follows. */
export const channelMessages = {
  channelPost: {
    messageId: '1042',
    from: channel,
    fromMe: false,
    isGroup: false,
    participant: { jid: channel },
    timestamp: noon,
    body: 'New colours this week',
    type: 'text',
    linkPreview: { url: 'https://example.com/colours', title: 'Colours' },
  },
} satisfies Record<string, Message>

/** What this number writes. */
export const ownMessages = {
  ownText: {
    messageId: '3EB0C0FFEE0011223344',
    from: ann.jid,
    fromMe: true,
    isGroup: false,
    participant: me,
    timestamp: noon + 5,
    body: 'Yes, it is.',
    type: 'text',
  },
} satisfies Record<string, Message>

/** A message that is a reaction; it appears as such only where every message is reported. */
export const reactionMessages = {
  reaction: {
    ...fromAnn,
    messageId: '3EB0AAAA000011112222',
    body: '👍',
    type: 'reaction',
    reaction: { messageId: ownMessages.ownText.messageId, emoji: '👍' },
  },
} satisfies Record<string, Message>

/** A status (story) that a contact posted. */
export const statusMessages = {
  statusText: { ...fromAnn, from: 'status@broadcast', body: 'At the sea', type: 'text' },
  statusImage: { ...personalMessages.image, from: 'status@broadcast' },
} satisfies Record<string, Message>
