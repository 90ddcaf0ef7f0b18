/** The programs that run in the guest, compiled to plain JavaScript: its node strips no types. */
import { readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import ts from 'typescript'

const SOURCES = path.join(import.meta.dirname, 'guest')

export async function compileGuestPrograms(target: string): Promise<void> {
  await writeFile(path.join(target, 'package.json'), '{ "type": "module" }\n')
  for (const name of await readdir(SOURCES)) {
    const { outputText } = ts.transpileModule(
      await readFile(path.join(SOURCES, name), 'utf8'),
      {
        fileName: name,
        compilerOptions: {
          target: ts.ScriptTarget.ES2023,
          module: ts.ModuleKind.ESNext,
          verbatimModuleSyntax: true,
          rewriteRelativeImportExtensions: true,
        },
      }
    )
    await writeFile(path.join(target, name.replace(/\.ts$/, '.js')), outputText)
  }
}
