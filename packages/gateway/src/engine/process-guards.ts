/** Imported for its effects, before Baileys. */
export {}
