//! What an HTML parser makes of it.

use super::super::fixture::{broken, healthy, two};
use super::*;
use scraper::{Html, Selector};

fn page(report: &Report) -> String {
    let mut out = Vec::new();
    write(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The page as a parser reads it; it must read it without a complaint.
fn parsed(text: &str) -> Html {
    let html = Html::parse_document(text);
    assert_eq!(html.errors, [""; 0], "{text}");
    html
}

fn count(html: &Html, selector: &str) -> usize {
    html.select(&Selector::parse(selector).unwrap()).count()
}

/// The names of all elements and their attributes, in order.
fn shape(html: &Html) -> Vec<String> {
    let element = |element: scraper::ElementRef<'_>| {
        let attributes: Vec<&str> = element.value().attrs().map(|(name, _)| name).collect();
        format!("{} {attributes:?}", element.value().name())
    };
    html.select(&Selector::parse("*").unwrap()).map(element).collect()
}

#[test]
fn the_chain_is_drawn_with_what_was_found() {
    let html = parsed(&page(&two()));
    assert_eq!((count(&html, "h1"), count(&html, "main"), count(&html, "section.target")), (1, 1, 2));
    assert_eq!(count(&html, "#target-0 li.link.fail"), 1);
    assert_eq!(count(&html, "#target-0 li.link.unknown"), 1);
    assert_eq!(count(&html, "#target-0-trust-policy article.finding.fail dl.compare .wanted code"), 1);
    assert_eq!(count(&html, "article.finding.ignored"), 1);
    assert!(count(&html, "ul.gaps li.unknown") > 0 && count(&html, "pre code") > 0);
    // Every way within the page leads somewhere.
    let links: Vec<String> =
        html.select(&Selector::parse("a[href]").unwrap()).filter_map(|a| a.attr("href").map(str::to_owned)).collect();
    assert!(!links.is_empty());
    for link in links {
        assert!(link.starts_with('#') && count(&html, &format!("[id=\"{}\"]", &link[1..])) == 1, "{link}");
    }
}

#[test]
fn nothing_is_loaded_and_nothing_runs() {
    for report in [broken(), two(), healthy()] {
        let text = page(&report);
        let html = parsed(&text);
        assert_eq!(count(&html, "script, img, link, iframe, object, embed, form, base, svg, audio, video"), 0);
        assert_eq!(count(&html, "[src], [srcset], [style], [onclick], [onload], [onerror]"), 0);
        assert!(!CSS.contains("url(") && !CSS.contains("@import"));
        assert_eq!(count(&html, "meta[http-equiv=\"Content-Security-Policy\"]"), 1);
    }
}

#[test]
fn hostile_text_is_text() {
    let with = |text: &str| {
        let mut report = two();
        report.collected_at = text.into();
        if let Some(cluster) = &mut report.cluster {
            cluster.arn = Some(text.into());
        }
        let target = &mut report.targets[0];
        target.target.name = text.into();
        target.sentence = text.into();
        target.notes.push(text.into());
        target.checks[2].reason = Some(text.into());
        target.gaps[0].found.gap.detail = text.into();
        target.gaps[0].found.gap.remedy = text.into();
        for found in &mut target.findings {
            found.finding.detail = text.into();
            found.suppressed = found.suppressed.as_ref().map(|_| text.into());
        }
        page(&report)
    };
    let hostile = "</code></style></title><script>alert(1)</script><img src=x onerror=alert(1)>\" onclick='x' &lt; --> \u{1b}[2J\u{202e}]]>";
    let text = with(hostile);
    let html = parsed(&text);
    assert_eq!(shape(&html), shape(&parsed(&with("word"))));
    let bad = text.chars().find(|&c| c != '\n' && irsa_doctor_checks::fix::acts_on_terminal(c));
    assert_eq!(bad, None);
    let name = html.select(&Selector::parse("#target-0 h2").unwrap()).next().unwrap().text().collect::<String>();
    assert!(name.contains("<script>alert(1)</script>"), "it is shown as it is: {name}");
}
