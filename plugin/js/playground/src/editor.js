// Turns an element into an editor for JSON.
//
// It stands in a shadow tree, so that its styles need no exception in the page's content security policy.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, ensureSyntaxTree, foldGutter, foldKeymap, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { placeOf, tokenAt } from "./pointer.js";

/** @typedef {import("@codemirror/lint").Diagnostic} Diagnostic */
/** @typedef {import("@codemirror/autocomplete").CompletionSource} CompletionSource */
/** @typedef {{ line: number, column: number, level: string, message: string, help?: string }} Marked a mistake: its line and column from 1 */
/** @typedef {{ label: string, onChange: () => void, complete?: CompletionSource, isLinted?: boolean, hint?: string, extensions?: import("@codemirror/state").Extension[] }} Options */

/** The longest text of a field, in characters. */
export const LONGEST = 400_000;
/** The most mistakes that are underlined. */
const MOST_MARKS = 300;
/** How long the tree of a text may take, in milliseconds. */
const READING = 500;

const COLOURS = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--code-name)" },
  { tag: tags.string, color: "var(--code-text)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-value)" },
  { tag: tags.invalid, color: "inherit" },
]);

const wavy = (/** @type {string} */ colour) => ({ backgroundImage: "none", paddingBottom: "0", textDecoration: `underline wavy ${colour} 1.25px`, textUnderlineOffset: "3px", textDecorationSkipInk: "none" });
const dot = (/** @type {string} */ colour) => ({ content: '""', display: "block", width: "0.5rem", height: "0.5rem", marginTop: "0.375rem", borderRadius: "50%", background: colour });

const LOOK = EditorView.theme({
  "&": { height: "100%", fontSize: "0.8125rem", color: "var(--text)", backgroundColor: "var(--ground)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", overflow: "auto" },
  ".cm-content": { padding: "0.625rem 0", caretColor: "var(--text)" },
  ".cm-line": { padding: "0 0.75rem 0 0.375rem" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--ground)", color: "var(--quiet)", border: "none" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "2.25rem", padding: "0 0.25rem 0 0.5rem" },
  ".cm-foldGutter .cm-gutterElement": { padding: "0 0.125rem", color: "var(--quiet)", cursor: "pointer" },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "var(--code-line)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "var(--code-selected) !important" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--code-selected)", color: "inherit" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "transparent", color: "inherit" },
  ".cm-placeholder": { color: "var(--quiet)" },
  ".cm-lintRange-error": wavy("var(--bad)"),
  ".cm-lintRange-warning": wavy("var(--warn)"),
  ".cm-lintRange-info": wavy("var(--quiet)"),
  ".cm-lintRange-active": { backgroundColor: "var(--bad-ground)" },
  ".cm-lintPoint:after": { display: "none" },
  ".cm-gutter-lint": { width: "1rem" },
  ".cm-gutter-lint .cm-gutterElement": { padding: "0 0.25rem" },
  ".cm-lint-marker": { width: "0.5rem", height: "1rem" },
  ".cm-lint-marker-error": dot("var(--bad)"),
  ".cm-lint-marker-warning": dot("var(--warn)"),
  ".cm-lint-marker-info": dot("var(--quiet)"),
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--text)", border: "1px solid var(--line)", borderRadius: "var(--corner)", maxWidth: "min(34rem, 90vw)", boxShadow: "0 4px 16px rgb(0 0 0 / 0.16)", zIndex: "10" },
  ".cm-tooltip-lint": { padding: "0.25rem 0" },
  ".cm-diagnostic": { fontFamily: "var(--sans)", fontSize: "0.875rem", lineHeight: "1.45", borderLeft: "0", padding: "0.25rem 0.75rem", whiteSpace: "pre-wrap" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "0.8125rem", maxHeight: "14rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "0.1875rem 0.75rem 0.1875rem 0.5rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { background: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionInfo": { padding: "0.5rem 0.75rem", fontSize: "0.8125rem", lineHeight: "1.45", maxWidth: "20rem" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--raised)", border: "1px solid var(--line)", color: "var(--quiet)" },
  ".cm-changedLine": { backgroundColor: "var(--good-ground) !important" },
  ".cm-changedText": { background: "color-mix(in srgb, var(--good) 22%, transparent) !important" },
  ".cm-deletedChunk": { backgroundColor: "var(--bad-ground) !important", color: "var(--text)", paddingLeft: "0.375rem" },
  ".cm-deletedChunk .cm-deletedText": { background: "color-mix(in srgb, var(--bad) 22%, transparent) !important", textDecoration: "none" },
  ".cm-changeGutter": { width: "3px", paddingLeft: "1px" },
  ".cm-changedLineGutter": { background: "var(--good) !important" },
  ".cm-deletedLineGutter": { background: "var(--bad) !important" },
});

/** An editor with one text. */
export class Editor {
  /** @param {HTMLElement} parent @param {Options} options */
  constructor(parent, { label, onChange, complete, isLinted = false, hint = "", extensions = [] }) {
    const root = parent.attachShadow({ mode: "open" });
    const style = new CSSStyleSheet();
    style.replaceSync(":host { display: block } .cm-editor { height: 100% }");
    root.adoptedStyleSheets = [style];
    const bounded = EditorState.transactionFilter.of((change) => (change.newDoc.length > LONGEST ? [] : change));
    this.view = new EditorView({
      parent: root,
      root,
      extensions: [
        lineNumbers(), foldGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(), highlightActiveLine(), highlightSpecialChars(),
        json(), syntaxHighlighting(COLOURS), LOOK, placeholder(hint), bounded,
        isLinted ? lintGutter() : [],
        complete ? autocompletion({ override: [complete], icons: false }) : [],
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...foldKeymap, ...completionKeymap, ...lintKeymap]),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
        EditorView.updateListener.of(({ docChanged }) => docChanged && onChange()),
        extensions,
      ],
    });
  }

  /** Measures anew, after the editor was hidden. */
  measure() {
    this.view.requestMeasure();
  }

  get text() {
    return this.view.state.doc.toString();
  }

  set text(text) {
    if (text !== this.text) this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text.slice(0, LONGEST) }, selection: { anchor: 0 } });
  }

  #top() {
    const { state } = this.view;
    return (ensureSyntaxTree(state, state.doc.length, READING) ?? ensureSyntaxTree(state, 0, READING))?.topNode;
  }

  /** Underlines mistakes. @param {Marked[]} marks */
  mark(marks) {
    const { state } = this.view;
    const top = this.#top();
    const diagnostics = marks.slice(0, MOST_MARKS).map(({ line, column, level, message, help }) => {
      const { from, to } = state.doc.line(Math.min(Math.max(line, 1), state.doc.lines));
      const at = Math.min(from + Math.max(column - 1, 0), to);
      const place = top ? tokenAt(top, at, state.doc) : { from: at, to };
      return /** @type {Diagnostic} */ ({ ...place, severity: level === "note" ? "info" : level, message: help ? `${message}\n${help}` : message });
    });
    this.view.dispatch(setDiagnostics(state, diagnostics));
  }

  /** Selects the place of a JSON Pointer, and goes there. @param {string} pointer */
  go(pointer) {
    const top = this.#top();
    if (!top) return;
    const { from, to } = placeOf(top, this.view.state.doc, pointer);
    this.select(from, to);
  }

  /** @param {number} line from 1 @param {number} column from 1 */
  goTo(line, column) {
    const { from, to } = this.view.state.doc.line(Math.min(Math.max(line, 1), this.view.state.doc.lines));
    const at = Math.min(from + column - 1, to);
    this.select(at, at);
  }

  /** @param {number} from @param {number} to */
  select(from, to) {
    this.view.dispatch({ selection: { anchor: from, head: to }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
    this.view.focus();
    this.view.dom.getRootNode() instanceof ShadowRoot && /** @type {ShadowRoot} */ (this.view.dom.getRootNode()).host.scrollIntoView({ block: "nearest" });
  }
}
