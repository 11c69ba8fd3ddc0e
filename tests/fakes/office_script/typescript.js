// TypeScript's own compiler over an Office Script: node typescript.js <package> <declarations>
// <script>; on stdout JSON {problems, kinds, anys, script}, the kinds of its top statements, how
// often it says `any`, and the script as JavaScript.

const fs = require('fs');
const path = require('path');

const [home, declarations, script] = process.argv.slice(2);
const ts = require(path.join(home, 'lib', 'typescript.js'));
const options = {
  strict: true,
  noEmit: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  target: ts.ScriptTarget.ES2019,
  lib: ['lib.es2019.d.ts'],
  types: [],
};
const program = ts.createProgram([declarations, script], options);
const problems = ts.getPreEmitDiagnostics(program).map((each) => {
  const words = ts.flattenDiagnosticMessageText(each.messageText, ' ');
  const at = each.file && each.file.getLineAndCharacterOfPosition(each.start);
  return at ? `${path.basename(each.file.fileName)}:${at.line + 1}: ${words}` : words;
});
const source = program.getSourceFile(script);
let anys = 0;
const look = (node) => {
  if (node.kind === ts.SyntaxKind.AnyKeyword) anys += 1;
  ts.forEachChild(node, look);
};
look(source);
const made = ts.transpileModule(source.text, { compilerOptions: { target: options.target } });
process.stdout.write(
  JSON.stringify({
    problems,
    anys,
    kinds: [...new Set(source.statements.map((each) => ts.SyntaxKind[each.kind]))],
    script: made.outputText,
  }),
);
