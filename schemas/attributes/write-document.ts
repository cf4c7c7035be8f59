import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { renderVocabulary } from "./document.ts";

writeFileSync(resolve(import.meta.dirname, "../../docs/vocabulary.md"), renderVocabulary());
