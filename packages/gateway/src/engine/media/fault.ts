/** Why a file is not to be had; what receivers read in `media.error`. */
export type FaultCode = 'gone' | 'too_large' | 'corrupt' | 'timeout' | 'network' | 'storage'

/** Ends the stream of a file that must not be kept. Its message is a sentence for people and names no secret. */
export class MediaFault extends Error {
  override name = 'MediaFault'
  readonly code: FaultCode
  constructor(code: FaultCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options)
    this.code = code
  }
}
