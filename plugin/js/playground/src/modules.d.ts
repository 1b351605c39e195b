// The modules that the build puts in: the part of the package that runs commands, and the table of attacks of the catalogue.

declare module "mcp-policy/tool" {
  export function load(): Promise<void>;
  export function runWithFiles(args: string[], files: Record<string, string>, stdin?: string): { status: number; stdout: string; stderr: string; files: Record<string, string> };
}

declare module "site/access" {
  /** Each attack: the kinds of access that it abuses, or the group that it belongs to. */
  export const ATTACKS: Record<string, string | string[]>;
  export function accessOf(facts: { name: string; classes: string[]; signals: string[]; parameters: string[] }): string[];
}
