/** Writes them into `directory`; returns the files. */
export function writeBusyboxImages(directory: string): string[]
