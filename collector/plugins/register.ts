/** Loaded before a program (`node --import`) that tests a plug-in: what plug-ins import of the hub is there, too. */
import { createPluginImporter } from "./module-hooks.ts";

createPluginImporter();
