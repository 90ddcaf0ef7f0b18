import { fileURLToPath } from 'node:url'

/** Where the page's files are: beside this file, in the sources and in what is built of them. */
export const PAGE_FOLDER = fileURLToPath(new URL('./page/', import.meta.url))
