import type { proto } from 'baileys'
import { present } from './present.ts'
import type { Message, ReadContent } from './text.ts'

type Kind = 'list' | 'button' | 'template'
type Choice = NonNullable<Extract<Message, { type: 'list' }>['choices']>[number]

/** A menu of rows. */
export function readList(value: proto.Message.IListMessage): ReadContent {
  const rows = (value.sections ?? []).flatMap(section => section.rows ?? [])
  const choices = rows.map(row => choice(row.rowId, row.title, row.description))
  return offer('list', value.description || value.title, choices)
}

export function readListReply(value: proto.Message.IListResponseMessage): ReadContent {
  return reply('list', choice(value.singleSelectReply?.selectedRowId, value.title, value.description))
}

/** A text with up to three buttons. */
export function readButtons(value: proto.Message.IButtonsMessage): ReadContent {
  const choices = (value.buttons ?? []).map(each => choice(each.buttonId, each.buttonText?.displayText))
  return offer('button', value.contentText || value.text, choices)
}

export function readButtonReply(value: proto.Message.IButtonsResponseMessage): ReadContent {
  return reply('button', choice(value.selectedButtonId, value.selectedDisplayText))
}

/** A business's prepared text. */
export function readTemplate(value: proto.Message.ITemplateMessage): ReadContent {
  const template = value.hydratedTemplate ?? value.hydratedFourRowTemplate
  const choices = (template?.hydratedButtons ?? []).map(({ quickReplyButton, urlButton, callButton }) =>
    choice(
      quickReplyButton?.id ?? urlButton?.url ?? callButton?.phoneNumber,
      (quickReplyButton ?? urlButton ?? callButton)?.displayText,
    ),
  )
  return offer('template', template?.hydratedContentText || template?.hydratedTitleText, choices)
}

export function readTemplateReply(value: proto.Message.ITemplateButtonReplyMessage): ReadContent {
  return reply('template', choice(value.selectedId, value.selectedDisplayText))
}

/** The newest form of buttons: every button is JSON of the sender. */
export function readInteractive(value: proto.Message.IInteractiveMessage): ReadContent {
  const choices = (value.nativeFlowMessage?.buttons ?? []).map(button => {
    const said = fieldsOf(button.buttonParamsJson)
    return choice(said.id ?? button.name, said.display_text)
  })
  return offer('button', value.body?.text || value.header?.title, choices)
}

export function readInteractiveReply(value: proto.Message.IInteractiveResponseMessage): ReadContent {
  const answer = value.nativeFlowResponseMessage
  return reply('button', choice(fieldsOf(answer?.paramsJson).id ?? answer?.name, value.body?.text))
}

function choice(id: unknown, title: unknown, description?: unknown): Choice {
  return { id: textOf(id), title: textOf(title), ...present({ description: textOf(description) }) }
}

function offer(type: Kind, body: string | null | undefined, choices: Choice[]): ReadContent {
  return { body: body ?? '', content: { type, choices } }
}

function reply(type: Kind, chosen: Choice): ReadContent {
  return { body: chosen.title, content: { type, reply: chosen } }
}

/** What a stranger wrote as JSON; senseless ones say nothing. */
function fieldsOf(json: string | null | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json || '{}')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '')
