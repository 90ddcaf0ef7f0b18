/** The types of a client, generated from openapi.yaml as any user of the API would. */
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'
import { format, resolveConfig } from 'prettier'

const HEAD = `/* oxlint-disable max-lines -- generated from openapi.yaml: npm run openapi:generate */\n`

/** @param file openapi.yaml */
export async function clientTypes(file: string): Promise<string> {
  const ast = await openapiTS(pathToFileURL(path.resolve(file)))
  const style = await resolveConfig(file)
  return format(HEAD + astToString(ast), { ...style, parser: 'typescript' })
}
