export type TestDatabase = {
  databaseUrl: string
  /** Drops the database, ending what is still connected to it. */
  drop(): Promise<void>
}

/** A fresh empty database; the embedded server behind it starts once per process and stops at exit. */
export async function testDatabase(): Promise<TestDatabase> {
  throw new Error('being built')
}
