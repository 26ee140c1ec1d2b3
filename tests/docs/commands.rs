//! The commands in the documentation: what can be run here is run, of the rest the words are held against the parser.

use super::place::Place;
use super::{Page, book, page, project};
use std::process::Command;

/// A block is run as it is, unless it says `norun`; `exit=N` is how irsa-doctor has to end.
#[test]
fn every_command_runs() {
    let mut count = 0;
    for page in book() {
        // A folder of its own for each page, as a reader has it.
        let place = Place::new();
        for block in page.blocks().iter().filter(|block| block.info[0] == "sh" && !block.info.iter().any(|word| word == "norun"))
        {
            let ran = place.run(&block.text);
            let said = format!("{}:\n{}\n{}", page.path.display(), block.text, ran.said);
            let wanted = block.info.iter().find_map(|word| word.strip_prefix("exit="));
            let fits = |code: &i32| wanted.map_or(matches!(code, 0 | 1 | 3), |wanted| *code == wanted.parse::<i32>().unwrap());
            assert!(!ran.codes.is_empty() && ran.codes.iter().all(fits), "{:?}: {said}", ran.codes);
            assert!(!ran.said.contains("command not found"), "{said}");
            count += ran.codes.len();
        }
    }
    assert!(count > 40, "{count}");
}

/// What can't be run here (it needs a real cluster, a chart, a runner) has at least no word that irsa-doctor doesn't know.
#[test]
fn every_other_command_is_one() {
    let mut count = 0;
    let readme = page(&project().join("README.md"));
    for page in book().iter().chain([&readme]) {
        for words in commands(page) {
            let place = format!("{}: {words:?}", page.path.display());
            let output = Command::new(env!("CARGO_BIN_EXE_irsa-doctor")).args(&words).arg("--help").env_clear().output().unwrap();
            assert!(output.status.success(), "{place}: {}", String::from_utf8_lossy(&output.stderr));
            count += 1;
        }
    }
    assert!(count > 60, "{count}");
}

/// The arguments of each run of irsa-doctor in a page's blocks.
fn commands(page: &Page) -> Vec<Vec<String>> {
    let shown = page.blocks().into_iter().filter(|block| ["sh", "yaml", "groovy"].contains(&block.info[0].as_str()));
    let text: String = shown.map(|block| block.text + "\n").collect();
    let text = text.replace("\\\n", " ");
    text.lines().flat_map(of_line).collect()
}

fn of_line(line: &str) -> Vec<Vec<String>> {
    let line = line.trim();
    if let Some(args) = line.strip_prefix("args: ") {
        return vec![words(args)];
    }
    if let Some(list) = line.strip_prefix("command: [irsa-doctor,") {
        return vec![list.trim_end_matches(']').split(',').map(|word| word.trim().to_owned()).collect()];
    }
    let script = ["- run: ", "run: ", "- ", "sh '"].iter().find_map(|prefix| line.strip_prefix(prefix)).unwrap_or(line);
    let script = if line.starts_with("sh '") { script.trim_end_matches('\'') } else { script };
    let parts = script.split("&&").flat_map(|part| part.split('|'));
    parts.filter_map(|part| part.trim().strip_prefix("irsa-doctor ")).map(words).collect()
}

/// The words of a command, without what a shell takes away.
fn words(text: &str) -> Vec<String> {
    let words = shlex::split(text).unwrap_or_else(|| panic!("{text}"));
    let words = words.into_iter().take_while(|word| !word.starts_with('#') && !word.starts_with('>') && !word.starts_with('<'));
    words.map(|word| if word.starts_with('$') && !word.starts_with("$.") { "value".to_owned() } else { word }).collect()
}
