//! Splits commands into words.

use super::NOT_RUN;

/// The commands of a block, each as its words. A line that ends in `\` or within quotes continues on the next line.
pub(super) fn commands(block: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut open = String::new();
    for line in block.replace("\\\n", " ").lines() {
        open.push_str(line);
        if open.matches('\'').count().is_multiple_of(2) {
            found.push(words(&std::mem::take(&mut open)));
        } else {
            open.push('\n');
        }
    }
    assert_eq!(open, "", "an open quote");
    found
}

/// Splits a command as a shell does. Panics if it needs more of a shell than quotes and pipes.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in command.chars() {
        match (character, quote) {
            (_, Some(open)) if character == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (' ', None) => words.extend(word.take()),
            ('&' | ';' | '<' | '(' | '*' | '?' | '`', None) | ('\\' | '$' | '`', None | Some('"')) => {
                // Commands that are not run here may use variables.
                assert!(NOT_RUN.iter().any(|name| command.starts_with(name)), "not understood: {command}");
            }
            (_, _) => word.get_or_insert_default().push(character),
        }
    }
    assert_eq!(quote, None, "an open quote: {command}");
    words.extend(word);
    words
}
