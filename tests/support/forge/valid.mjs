// Whether a query is valid by GitHub's own schema: node valid.mjs PACKAGES QUERY
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [packages, query] = process.argv.slice(2);
const { buildSchema, parse, validate } = createRequire(join(packages, "x.js"))("./graphql/package");
// As it is published it has two fields twice: that is not ours to judge.
const text = readFileSync(join(packages, "schema/package/schema.graphql"), "utf8");
const schema = buildSchema(text, { assumeValidSDL: true });
const errors = validate(schema, parse(query));
for (const error of errors) console.log(error.message);
process.exit(errors.length ? 1 : 0);
