//! `--fix-script`, `--diff` and the quoting of commands, through real shells: every word arrives as it was meant, whatever
//! stands in a name, and nothing else is run.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test: it may fail loudly")]

#[path = "fix_script/stage.rs"]
mod stage;

use irsa_doctor_checks::fix::quote;
use serde_json::{Value, json};
use stage::{Stage, broken, rename};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// What a name must not do to a script or to a shell.
const HOSTILE: [&str; 16] = [
    "plain",
    "two words",
    "it's \"quoted\"",
    "$(touch pwned)",
    "`touch pwned`",
    "a\ntouch pwned\n#",
    "a\r\ntouch pwned",
    "'; touch pwned; '",
    "'\"'\"'$(touch pwned)\n",
    "!! !$ !touch",
    "--all",
    "-n",
    "\\x41\\n%s%d\\",
    "é\u{202e}\u{200b}\u{1b}[2J\u{7}",
    "a # b ~ * ? [x] {y,z} && || | > pwned < &",
    "\u{2028}touch pwned\u{85}",
];

#[test]
fn every_word_arrives_byte_for_byte() {
    for hostile in HOSTILE {
        let mut bundle = broken();
        rename(&mut bundle, "my-service-account", &format!("{hostile}my-service-account"));
        rename(&mut bundle, "awscli", hostile);
        stage::account(&mut bundle)["profile"] = json!(hostile);
        stage::cluster(&mut bundle)["context"] = json!(hostile);
        let stage = Stage::new(&bundle);
        let wanted = stage.commands();
        assert!(wanted.len() >= 3, "{hostile:?}: {wanted:?}");
        let run = stage.run(&[]);
        assert!(run.ok, "{hostile:?}: {}\n{}", run.stderr, stage.script());
        assert_eq!(run.writes(), wanted, "{hostile:?}\n{}", stage.script());
        assert!(!stage.exists("pwned"), "{hostile:?}\n{}", stage.script());
    }
}

#[test]
fn a_comment_stays_a_comment() {
    for hostile in HOSTILE {
        let mut bundle = broken();
        rename(&mut bundle, "my-service-account", hostile);
        rename(&mut bundle, "awscli", hostile);
        let stage = Stage::new(&bundle);
        let script = stage.script();
        let bad = script.chars().find(|&c| c != '\n' && irsa_doctor_checks::fix::acts_on_terminal(c));
        assert_eq!(bad, None, "{hostile:?}\n{script}");
        let escaped = script.lines().filter(|line| line.trim_start().starts_with("touch")).count();
        assert_eq!(escaped, 0, "{hostile:?}\n{script}");
    }
}

#[test]
fn documents_come_first_and_restarts_last_and_once() {
    let stage = Stage::new(&broken());
    let run = stage.run(&[]);
    let writes: Vec<String> = run.writes().iter().map(|words| words[..3].join(" ")).collect();
    assert_eq!(writes.first().unwrap(), "aws iam update-assume-role-policy", "{writes:?}");
    assert_eq!(writes.last().unwrap(), "kubectl delete pod", "{writes:?}");
    assert_eq!(writes.iter().filter(|words| words.starts_with("kubectl delete")).count(), 1, "{writes:?}");
    let first_read = &run.calls[..3];
    assert_eq!(first_read[0][..3], ["aws", "sts", "get-caller-identity"], "{first_read:?}");
    assert_eq!(first_read[1][..3], ["kubectl", "config", "view"], "{first_read:?}");
    assert_eq!(first_read[2][..3], ["aws", "iam", "get-role"], "{first_read:?}");
}

#[test]
fn it_stops_at_the_first_error() {
    let stage = Stage::new(&broken());
    let all = stage.commands();
    for (verb, before) in [("update-assume-role-policy", 0), ("annotate", 1), ("delete", all.len() - 1)] {
        let run = stage.run(&[("FAIL", verb)]);
        assert!(!run.ok, "{verb}");
        // The one that fails was tried, and none after it.
        assert_eq!(run.writes(), all[..=before], "{verb}: {}", run.stderr);
    }
}

#[test]
fn it_runs_against_nothing_else_than_what_was_judged() {
    for (variable, value, said) in [
        ("ACCOUNT", "999999999999", "the AWS account is 999999999999, not 123456789012"),
        ("SERVER", "https://elsewhere", "the API server is https://elsewhere, not"),
    ] {
        let run = Stage::new(&broken()).run(&[(variable, value)]);
        assert!(!run.ok && run.stderr.contains(said), "{}", run.stderr);
        assert_eq!(run.writes(), Vec::<Vec<String>>::new());
    }
}

#[test]
fn a_document_that_has_changed_is_not_written_over() {
    let stage = Stage::new(&broken());
    stage.set_document(&json!({"Version": "2012-10-17", "Statement": []}));
    let run = stage.run(&[]);
    assert!(!run.ok && run.stderr.contains("has changed since it was read"), "{}", run.stderr);
    assert_eq!(run.writes(), Vec::<Vec<String>>::new());
}

#[test]
fn what_is_done_already_is_not_done_again() {
    let stage = Stage::new(&broken());
    let commands = stage.commands();
    let written = commands[0].last().unwrap();
    stage.set_document(&serde_json::from_str(written).unwrap());
    let run = stage.run(&[]);
    assert!(run.ok && run.stderr.contains("is already as it should be"), "{}", run.stderr);
    assert_eq!(run.writes(), commands[1..]);
}

#[test]
fn a_backup_is_kept_and_never_written_over() {
    let stage = Stage::new(&broken());
    let report = stage.report();
    let backup = report["targets"][0]["findings"].as_array().unwrap().iter().find_map(|found| found["fix"]["backup"].as_object());
    let file = backup.unwrap()["stdout"].as_str().unwrap().to_owned();
    assert!(stage.run(&[]).ok);
    let kept: Value = serde_json::from_str(&stage.read(&file)).unwrap();
    assert_eq!(kept, stage.document());
    stage.write(&file, "the first one");
    let again = stage.run(&[]);
    assert!(again.ok && again.stderr.contains("is there already and stays"), "{}", again.stderr);
    assert_eq!(stage.read(&file), "the first one");
}

#[test]
fn the_backup_undo_and_commands_of_the_report_can_be_pasted() {
    let stage = Stage::new(&broken());
    let report = stage.report();
    let findings = report["targets"][0]["findings"].as_array().unwrap();
    let fix = findings.iter().map(|found| &found["fix"]).find(|fix| fix["backup"].is_object()).unwrap();
    for shell in ["sh", "bash"] {
        let lines = [&fix["backup"]["shell"], &fix["commands"][0]["shell"], &fix["undo"][0]["shell"]];
        let pasted: Vec<&str> = lines.iter().map(|line| line.as_str().unwrap()).collect();
        let run = stage.paste(shell, &pasted.join("\n"));
        assert!(run.ok, "{}", run.stderr);
        let argv = |command: &Value| -> Vec<String> { serde_json::from_value(command["argv"].clone()).unwrap() };
        assert_eq!(run.calls, [argv(&fix["backup"]), argv(&fix["commands"][0]), argv(&fix["undo"][0])]);
        let file = fix["backup"]["stdout"].as_str().unwrap();
        assert!(run.calls[2].contains(&format!("file://{file}")));
        assert_eq!(serde_json::from_str::<Value>(&stage.read(file)).unwrap(), stage.document());
    }
    assert!(fix["diff"].as_str().unwrap().contains("\n-") && fix["read_at"] == "2026-11-24T12:00:00Z");
}

#[test]
fn what_waits_for_somebody_is_a_comment() {
    // Two roles could be meant: nobody but a person can say which.
    let mut bundle = broken();
    stage::cluster(&mut bundle)["pods"]["default/awscli"]["present"]["metadata"]["ownerReferences"] = json!([]);
    let stage = Stage::new(&bundle);
    let run = stage.run(&[]);
    assert!(run.ok, "{}", run.stderr);
    assert!(!run.writes().iter().any(|words| words.contains(&"delete".to_owned())), "{:?}", run.writes());
    assert!(stage.script().contains("its own manifest"), "{}", stage.script());
}

#[test]
fn nothing_to_fix_says_so() {
    let stage = Stage::new(&stage::healthy());
    let run = stage.run(&[]);
    assert!(run.ok && run.stdout == "nothing to fix\n", "{}", run.stdout);
    assert_eq!(run.calls.len(), 0);
}

#[test]
fn the_script_is_its_owners_alone_and_replaces_nothing_unasked() {
    let stage = Stage::new(&broken());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(stage.path("fix.sh")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
    let script = stage.path("fix.sh");
    let again = stage.doctor(&["--fix-script", script.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(2));
    let stderr = String::from_utf8(again.stderr).unwrap();
    assert!(stderr.contains("is there already") && stderr.contains("--force"), "{stderr}");
    let forced = stage.doctor(&["--fix-script", script.to_str().unwrap(), "--force"]);
    assert_eq!(forced.status.code(), Some(1), "the exit code is the gate's");
    let printed = stage.doctor(&["--fix-script", "-"]);
    assert_eq!((printed.status.code(), String::from_utf8(printed.stdout).unwrap()), (Some(1), stage.script()));
    for other in [["--save", "-"].as_slice(), &["-o", "json"], &["--diff"]] {
        let both = stage.doctor(&[&["--fix-script", "-"], other].concat());
        assert_eq!(both.status.code(), Some(2), "{other:?}");
    }
    assert_eq!(stage.doctor(&["--force"]).status.code(), Some(2));
}

#[test]
fn diffs_alone() {
    let stage = Stage::new(&broken());
    let output = stage.doctor(&["--diff"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.starts_with(
            "--- arn:aws:iam::123456789012:role/my-test-role AssumeRolePolicyDocument, read at 2026-11-24T12:00:00Z"
        )
    );
    assert!(text.lines().all(|line| line.starts_with([' ', '+', '-', '@'])), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("--- ")).count(), 1);
    assert!(!text.contains('\u{1b}'));
    let colored = String::from_utf8(stage.doctor(&["--diff", "--color", "always"]).stdout).unwrap();
    assert!(colored.contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), text);
    let healthy = Stage::new(&stage::healthy()).doctor(&["--diff"]);
    assert_eq!((healthy.status.code(), healthy.stdout.as_slice()), (Some(0), b"".as_slice()));
    assert_eq!(stage.doctor(&["--diff", "-o", "json"]).status.code(), Some(2));
}

/// What a shell makes of a word that we quoted.
fn read_back(shell: &str, words: &[String]) -> Option<Vec<u8>> {
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    let script = format!("printf '%s\\0' {}", quoted.join(" "));
    let output = Command::new(shell).args(["-c", &script]).stdin(Stdio::null()).output().ok()?;
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{shell}: {script}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(output.stdout)
}

fn joined(words: &[String]) -> Vec<u8> {
    words.iter().flat_map(|word| word.bytes().chain([0])).collect()
}

/// Words of all kinds of characters, the same ones each time.
fn words() -> Vec<String> {
    const ALPHABET: [char; 40] = [
        'a',
        '0',
        ' ',
        '\t',
        '\n',
        '\r',
        '\'',
        '"',
        '\\',
        '$',
        '`',
        '!',
        '#',
        '~',
        '*',
        '?',
        '[',
        '{',
        '(',
        ')',
        ';',
        '&',
        '|',
        '<',
        '>',
        '=',
        '%',
        '-',
        '+',
        ',',
        '^',
        '\u{1}',
        '\u{7f}',
        '\u{1b}',
        '\u{85}',
        'é',
        '\u{202e}',
        '\u{feff}',
        '\u{e0041}',
        '😀',
    ];
    let mut words: Vec<String> = HOSTILE.iter().map(|&word| word.to_owned()).collect();
    words.extend(
        ["", "\n", "\n\n", "a\n", "\n a \n\n", "-", "--", "~", "=x", "{\"a\":\n 1}", "%", "\\", "\\0", "\\c"].map(str::to_owned),
    );
    let mut state = 0x9e37_79b9_u32;
    let mut next = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 8).unwrap() % below
    };
    words.extend((0..600).map(|_| (0..next(12)).map(|_| ALPHABET[next(ALPHABET.len())]).collect()));
    words
}

#[test]
fn every_posix_shell_reads_back_what_was_quoted() {
    let words = words();
    let mut tried = 0;
    for shell in ["sh", "dash", "bash", "ksh", "zsh"] {
        let Some(read) = read_back(shell, &words) else { continue };
        assert_eq!(read, joined(&words), "{shell}");
        tried += 1;
    }
    assert!(tried >= 2, "only {tried} shells are here");
}

/// A terminal's shell also looks for its history's `!`.
#[test]
fn pasting_into_an_interactive_shell_expands_no_history() {
    let words: Vec<String> =
        HOSTILE.iter().map(|&word| word.to_owned()).chain(["a!b'c", "!!\u{1b}", "x!\"y"].map(str::to_owned)).collect();
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    let mut shell = Command::new("bash")
        .args(["--norc", "--noprofile", "--noediting", "-i"])
        .env("PS1", "")
        .env("PS2", "")
        .env("HISTFILE", "/dev/null")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let typed = format!("set -o history -o histexpand\necho touched\nprintf '%s\\0' {}\nexit\n", quoted.join(" "));
    shell.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let output = shell.wait_with_output().unwrap();
    let printed = output.stdout.strip_prefix(b"touched\n").unwrap();
    assert_eq!(printed, joined(&words), "{}", String::from_utf8_lossy(&output.stderr));
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_never_replaced() {
    use std::os::unix::fs::FileTypeExt as _;
    let stage = Stage::new(&broken());
    let socket = stage.path("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for option in ["--fix-script", "--save"] {
        let refused = stage.doctor(&[option, socket.to_str().unwrap(), "--force"]);
        assert_eq!(refused.status.code(), Some(2), "{option}");
        assert!(socket.symlink_metadata().unwrap().file_type().is_socket(), "{option}");
    }
}
