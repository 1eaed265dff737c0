//! The checks of cookies on their corpora and on generated input.
#![cfg(all(feature = "cookie", feature = "testing"))]

#[path = "checks/cookie.rs"]
mod checks;
mod support;

use proptest::prelude::*;

#[test]
fn the_corpora_hold() {
    support::replay("cookie_parse", checks::parse);
    support::replay("cookie_build", checks::build);
    support::replay("cookie_jar", checks::jar);
    support::replay("cookie_files", checks::files);
}

fn attribute() -> impl Strategy<Value = String> {
    prop_oneof![
        "(Secure|HttpOnly|Partitioned|secure =1)",
        "(Path|path |PATH)=[/a-z=]{0,8}",
        "Domain=[.a-z]{0,12}",
        "Max-Age=-?[0-9]{0,22}",
        "(?i)expires=(Mon|Tue|Sun), [0-3][0-9][ -](Jan|feb|DEC)[ -](19|20)?[0-9]{2} [0-2][0-9]:[0-6][0-9]:[0-6][0-9] GMT",
        "Expires=[ -~]{0,30}",
        "SameSite=(Lax|STRICT|none|x|)",
        "[ -~\t]{0,20}",
        "Path=/[a]{1020,1030}",
    ]
}

proptest! {
    #[test]
    fn parsing_is_by_the_steps(pair in "[ -~\t]{0,24}", attributes in prop::collection::vec(attribute(), 0..8)) {
        let mut field = pair;
        for attribute in attributes {
            field.push_str("; ");
            field.push_str(&attribute);
        }
        checks::parse(field.as_bytes());
    }

    #[test]
    fn parsing_is_by_the_steps_on_any_octets(field in prop::collection::vec(any::<u8>(), 0..80)) {
        checks::parse(&field);
    }

    #[test]
    fn dates_are_by_the_steps(date in "[A-Z][a-z]{2},? [0-9]{1,2}[ -/](Jan|Feb|Sep|Dec)[ -/][0-9]{2,4} [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}[ a-z]{0,4}") {
        checks::parse(date.as_bytes());
    }

    #[test]
    fn what_is_built_is_kept(data in prop::collection::vec(any::<u8>(), 0..60), name in "[!-~]{1,4}", value in "[!-~]{0,6}") {
        let mut given = vec![name.len() as u8];
        given.extend(name.bytes());
        given.push(value.len() as u8);
        given.extend(value.bytes());
        given.extend(data);
        checks::build(&given);
    }

    #[test]
    fn files_read_again_as_they_were(
        lines in prop::collection::vec("(#HttpOnly_)?[.]?[a-z.]{1,6}\t(TRUE|FALSE)\t/[a-z]{0,3}\t(TRUE|FALSE)\t-?[0-9]{0,11}\t[ -~]{0,5}\t[ -~]{0,5}", 0..6),
        other in "(Set-Cookie3: [ -~]{0,30}; path=\"/\"; domain=[.a-z]{1,5}(; expires=\"[0-9]{4}-[01][0-9]-[0-3][0-9] 00:00:00Z\")?\n){0,3}",
    ) {
        checks::files(format!("{}\n{other}", lines.join("\n")).as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn the_jar_is_the_model(operations in prop::collection::vec(any::<u8>(), 0..900)) {
        checks::jar(&operations);
    }
}
