import type { proto } from 'baileys'
import { isAddress, person } from '../jid.ts'
import { present } from './present.ts'
import type { ReadContent } from './text.ts'
import { numberOf, type WireNumber } from './wire-number.ts'

/** An article of a shop. Throws when it has no id: it is then told as `unknown`. */
export function readProduct(value: proto.Message.IProductMessage): ReadContent {
  const { product, businessOwnerJid } = value
  if (!product?.productId) throw new TypeError('a product without an id')
  const { productId, title, description, url, retailerId } = product
  const told = {
    productId,
    title: title ?? '',
    ...present({ description, url, retailerId, currency: product.currencyCode }),
    ...present({ price: thousandths(product.priceAmount1000), seller: sellerOf(businessOwnerJid) }),
  }
  return { body: value.body || told.title, content: { type: 'product', product: told } }
}

/** A shopping cart. Throws when it has no id: it is then told as `unknown`. */
export function readOrder(value: proto.Message.IOrderMessage): ReadContent {
  const { orderId, orderTitle, message, itemCount, sellerJid } = value
  if (!orderId) throw new TypeError('an order without an id')
  const order = {
    orderId,
    itemCount: Math.max(0, itemCount ?? 0),
    ...present({ title: orderTitle, message, currency: value.totalCurrencyCode }),
    ...present({ total: thousandths(value.totalAmount1000), seller: sellerOf(sellerJid) }),
  }
  return { body: message || orderTitle || '', content: { type: 'order', order } }
}

/** WhatsApp counts money in thousandths of the unit. */
function thousandths(value: WireNumber): number | undefined {
  const number = numberOf(value)
  return number === undefined ? undefined : number / 1000
}

const sellerOf = (jid: string | null | undefined) =>
  jid && isAddress(jid) ? person(jid, undefined) : undefined
