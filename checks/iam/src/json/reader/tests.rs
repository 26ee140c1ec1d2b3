use super::*;

const LIMITS: Limits = Limits { bytes: 10_000, depth: 8 };

fn member<'a>(value: &'a Value, key: &str) -> &'a Member {
    let Node::Object(members) = &value.node else { panic!("not an object") };
    members.iter().find(|m| m.key == key).unwrap()
}

#[test]
fn positions_count_lines_and_characters() {
    let value = read("{\n  \"é\": \"ü\", \"b\":\t[1,\n true]}", LIMITS).unwrap();
    assert_eq!(member(&value, "é").position, Position { offset: 4, line: 2, column: 3 });
    let b = member(&value, "b");
    assert_eq!((b.position.line, b.position.column), (2, 13));
    let Node::Array(items) = &b.value.node else { panic!() };
    assert_eq!((items[1].position.line, items[1].position.column), (3, 2));
}

#[test]
fn duplicate_keys_are_kept() {
    let value = read(r#"{"a":1,"a":2}"#, LIMITS).unwrap();
    let Node::Object(members) = &value.node else { panic!() };
    assert_eq!(members.len(), 2);
}

#[test]
fn escapes_and_surrogates() {
    let value = read(r#""\u00e9\ud83d\ude00\n\/""#, LIMITS).unwrap();
    assert_eq!(value.node, Node::String("é😀\n/".into()));
    let value = read(r#""\"\\\/\b\f\n\r\t""#, LIMITS).unwrap();
    assert_eq!(value.node, Node::String("\"\\/\u{8}\u{c}\n\r\t".into()));
    assert!(read(r#""\ud83d""#, LIMITS).is_err());
    assert!(read(r#""\ud83dé""#, LIMITS).is_err());
}

#[test]
fn what_is_not_json_is_refused_where_it_stops() {
    for (text, column) in [
        ("", 1),
        ("{", 2),
        ("[1,]", 4),
        ("{\"a\":1,}", 8),
        ("01", 2),
        ("1.", 3),
        ("+1", 1),
        ("nul", 1),
        ("[1 2]", 4),
        ("\"a", 3),
        ("{a:1}", 2),
        ("'a'", 1),
        ("[1]x", 4),
        ("\"\t\"", 2),
        ("-", 2),
        ("1e", 3),
    ] {
        let error = read(text, LIMITS).unwrap_err();
        assert_eq!(error.position.column, column, "{text:?}: {error}");
    }
}

#[test]
fn size_and_depth_are_bounded() {
    assert!(read(&"[".repeat(100_000), Limits { bytes: 1_000_000, depth: 8 }).unwrap_err().message.contains("nested"));
    assert!(read(&" ".repeat(20_000), LIMITS).unwrap_err().message.contains("20000 bytes"));
    assert!(read("[[[[[[[[1]]]]]]]]", LIMITS).is_ok());
    assert!(read("12", Limits { bytes: 2, depth: 8 }).is_ok());
    assert!(read("123", Limits { bytes: 2, depth: 8 }).is_err());
}

#[test]
fn agrees_with_another_reader() {
    for text in ["{}", "[]", "0", "-0.5e+3", "[[],{}]", "{\"\":null}", "\"\\u0000\"", "tru", "[,]", "1e5x"] {
        assert_eq!(read(text, LIMITS).is_ok(), serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
    }
}
