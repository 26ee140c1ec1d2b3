//! The documentation: every page is in the book, every link leads somewhere, and every command in it is run.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test: it may fail loudly")]

#[path = "docs/commands.rs"]
mod commands;
#[path = "docs/place.rs"]
mod place;

use irsa_doctor_checks::registry;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A page: its path below the project, its text.
struct Page {
    path: PathBuf,
    text: String,
}

/// A fenced block: the words behind the fence, and what is in it.
struct Block {
    info: Vec<String>,
    text: String,
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            found.push(path);
        }
    }
}

/// The pages of the book.
fn book() -> Vec<Page> {
    let mut paths = Vec::new();
    walk(&project().join("docs/src"), &mut paths);
    paths.sort();
    paths.iter().map(|path| page(path)).collect()
}

fn page(path: &Path) -> Page {
    let text = std::fs::read_to_string(path).unwrap();
    Page { path: path.strip_prefix(project()).unwrap().to_owned(), text }
}

/// All pages whose links have to hold.
fn all() -> Vec<Page> {
    let others = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "deploy/README.md", "tests/scenarios/README.md"];
    book().into_iter().chain(others.iter().map(|name| page(&project().join(name)))).collect()
}

fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
}

impl Page {
    fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for event in parser(&self.text) {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    let info = info.split(',').map(|word| word.trim().to_owned()).collect();
                    open = Some(Block { info, text: String::new() });
                }
                Event::Text(text) => {
                    if let Some(block) = &mut open {
                        block.text.push_str(&text);
                    }
                }
                Event::End(TagEnd::CodeBlock) => blocks.extend(open.take()),
                _ => {}
            }
        }
        blocks
    }

    fn links(&self) -> Vec<String> {
        parser(&self.text)
            .filter_map(|event| match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.into_string()),
                _ => None,
            })
            .collect()
    }

    /// The anchors of its headings, as mdBook and GitHub make them.
    fn anchors(&self) -> BTreeSet<String> {
        let (mut anchors, mut heading): (BTreeSet<String>, Option<String>) = (BTreeSet::new(), None);
        for event in parser(&self.text) {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::End(TagEnd::Heading(_)) => {
                    let kept = |c: char| match c {
                        ' ' => Some('-'),
                        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c.to_ascii_lowercase()),
                        _ => None,
                    };
                    anchors.insert(heading.take().unwrap_or_default().chars().filter_map(kept).collect());
                }
                _ => {}
            }
        }
        anchors
    }
}

#[test]
fn every_page_is_in_the_book() {
    let pages = book();
    let summary = pages.iter().find(|page| page.path.ends_with("SUMMARY.md")).unwrap();
    let listed: BTreeSet<PathBuf> = summary.links().iter().map(|link| Path::new("docs/src").join(link)).collect();
    let there: BTreeSet<PathBuf> =
        pages.iter().map(|page| page.path.clone()).filter(|path| !path.ends_with("SUMMARY.md")).collect();
    assert_eq!(listed, there);
}

#[test]
fn every_page_says_something() {
    for page in book() {
        let begins = page.text.starts_with("# ") && page.text.lines().filter(|line| line.starts_with("# ")).count() >= 1;
        let lines = page.text.lines().filter(|line| !line.trim().is_empty()).count();
        assert!(begins && lines >= 8, "{} has {lines} lines", page.path.display());
    }
}

#[test]
fn every_link_leads_somewhere() {
    let pages = all();
    let anchors: BTreeMap<&Path, BTreeSet<String>> = pages.iter().map(|page| (page.path.as_path(), page.anchors())).collect();
    let mut wrong = Vec::new();
    for page in &pages {
        for link in page.links() {
            if let Err(why) = leads(page, &link, &anchors) {
                wrong.push(format!("{}: {link}: {why}", page.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn leads(page: &Page, link: &str, anchors: &BTreeMap<&Path, BTreeSet<String>>) -> Result<(), &'static str> {
    if link.contains("://") || link.starts_with("mailto:") {
        return if link.starts_with("https://") { Ok(()) } else { Err("it isn't https") };
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    // The preprocessor makes the pages of faults and checks.
    if let Some(name) = path.strip_prefix("faults/").or_else(|| path.strip_prefix("../faults/")) {
        let id = name.trim_end_matches(".md").trim_end_matches(".html");
        let known = registry::fault(id).is_some() || id.strip_prefix("check-").is_some_and(|id| registry::check(id).is_some());
        return if known { Ok(()) } else { Err("there is no such fault") };
    }
    let file = if path.is_empty() { page.path.clone() } else { normal(&page.path.parent().unwrap().join(path)) };
    match (project().join(&file).exists(), anchor, anchors.get(file.as_path())) {
        (false, ..) => Err("there is no such file"),
        (true, Some(anchor), Some(known)) if !known.contains(anchor) => Err("there is no such heading"),
        _ => Ok(()),
    }
}

/// A path without `..`.
fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut all, part| {
        if part.as_os_str() == ".." {
            all.pop();
        } else {
            all.push(part);
        }
        all
    })
}

#[test]
fn what_is_given_as_a_document_is_one() {
    for page in all() {
        for block in page.blocks() {
            let place = format!("{}: {}", page.path.display(), block.text);
            match block.info[0].as_str() {
                "json" => parses(serde_json::from_str::<serde_json::Value>(&block.text), &place),
                "toml" => parses(block.text.parse::<toml::Table>(), &place),
                "yaml" => parses(serde_saphyr::from_str::<serde_json::Value>(&block.text), &place),
                _ => {}
            }
        }
    }
}

fn parses<T, E: std::fmt::Display>(read: Result<T, E>, place: &str) {
    if let Err(why) = read {
        panic!("{place}: {why}");
    }
}
