/** Encrypts what must not be readable in a stolen database or backup. */
export type Vault = {
  /** `place` names the row and purpose; a sealed value moved to another place does not open. */
  seal(plaintext: string, place: string): Buffer
  open(sealed: Buffer, place: string): string
}
