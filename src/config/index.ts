export type { AlertChannel, AlertSettings } from "./alerts.ts";
export { envExample, type HubEnv, readEnv } from "./env.ts";
export { keyPath, loadKey } from "./key.ts";
export { maskSettings } from "./mask.ts";
export { noPort } from "./no-port.ts";
export { isSecretSetting, type SecretSources } from "./open-secrets.ts";
export {
  diffLeaves,
  diffSettings,
  exportText,
  importDocument,
  keptLeaves,
  type SettingsChange,
} from "./portable.ts";
export { describeProblems, type SettingsProblem, variablesOf } from "./problems.ts";
export type { PairSettings } from "./schema.ts";
export type { UpdatedField } from "./schema-customer.ts";
export type { FieldToSl } from "./schema-fields.ts";
export type { When } from "./schema-sync.ts";
export { MASK, openSecret, Secret, sealSecret } from "./secret.ts";
export { setSettingTree } from "./setting-tree.ts";
export type { Settings } from "./settings.ts";
export {
  backUpSettings,
  checkSettings,
  loadSettings,
  readSettings,
  readWholeSettings,
  saveSettings,
  setSetting,
  settingsPath,
} from "./settings-file.ts";
export { loadToken, tokenPath } from "./token.ts";
