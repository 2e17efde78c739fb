/** The OpenAPI document of this version, for docs/reference: no store, no socket. */
export async function describeApi(_a: { version: string; publicUrl?: string }): Promise<object> {
  throw new Error('not written yet')
}
