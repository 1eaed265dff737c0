//! Structs from query strings and back.

use super::super::tree::keys;
use super::*;
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use serde::{Deserialize, Serialize};

#[test]
fn keys_are_taken_apart() {
    let cases: [(&str, &[&str]); 13] = [
        ("a", &["a"]),
        ("", &[""]),
        ("a[b]", &["a", "b"]),
        ("a[b][c]", &["a", "b", "c"]),
        ("a[]", &["a", ""]),
        ("a[][b]", &["a", "", "b"]),
        ("a[b", &["a[b"]),
        ("a[b]c", &["a[b]c"]),
        ("[a]", &["[a]"]),
        ("a]b[c]", &["a]b[c]"]),
        ("a[b[c]]", &["a[b[c]]"]),
        ("a[b][", &["a[b]["]),
        ("ä[ö]", &["ä", "ö"]),
    ];
    for (name, expected) in cases {
        assert_eq!(keys(name), expected, "{name:?}");
    }
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
enum Shape {
    Point,
    Circle(u32),
    Line(i8, i8),
    Box { width: f64, height: f64 },
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct Inner {
    flag: bool,
    letter: char,
    #[serde(default)]
    list: Vec<u8>,
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct Everything {
    text: String,
    number: i64,
    huge: u128,
    maybe: Option<String>,
    shape: Shape,
    inner: Inner,
    #[serde(default)]
    many: Vec<Inner>,
    #[serde(default)]
    map: BTreeMap<String, u8>,
    #[serde(default)]
    matrix: Vec<Vec<u8>>,
    unit: (),
}

fn everything() -> Everything {
    let inner = Inner { flag: true, letter: 'é', list: vec![1, 2] };
    Everything {
        text: "a&b=c".into(),
        number: -1,
        huge: u128::MAX,
        maybe: Some(String::new()),
        shape: Shape::Box { width: 1.5, height: -0.25 },
        inner: inner.clone(),
        many: vec![inner, Inner { flag: false, letter: ' ', list: vec![] }],
        map: BTreeMap::from([("k".into(), 7), ("l m".into(), 8)]),
        matrix: vec![vec![1, 2], vec![3]],
        unit: (),
    }
}

#[test]
fn what_is_written_is_read_again() {
    for shape in [Shape::Point, Shape::Circle(3), Shape::Line(-1, 1), Shape::Box { width: 0.5, height: 2.0 }] {
        let value = Everything { shape, ..everything() };
        let written = to_string(&value).unwrap();
        assert_eq!(from_str::<Everything>(&written).unwrap(), value, "{written}");
    }
    let written = unquote_plus(&to_string(&everything()).unwrap()).into_owned();
    assert_eq!(
        written,
        "text=a&b=c&number=-1&huge=340282366920938463463374607431768211455&maybe=&shape[Box][width]=1.5\
         &shape[Box][height]=-0.25&inner[flag]=true&inner[letter]=é&inner[list]=1&inner[list]=2&many[0][flag]=true\
         &many[0][letter]=é&many[0][list]=1&many[0][list]=2&many[1][flag]=false&many[1][letter]= &map[k]=7&map[l m]=8\
         &matrix[0]=1&matrix[0]=2&matrix[1]=3&unit="
    );
}

#[test]
fn sequences_have_three_spellings() {
    #[derive(Deserialize, Debug, PartialEq)]
    struct Tags {
        t: Vec<String>,
    }
    for query in ["t=a&t=b", "t[]=a&t[]=b", "t[0]=a&t[1]=b", "t[10]=b&t[9]=a", "x=1&t=a&x=2&t=b"] {
        assert_eq!(from_str::<Tags>(query), Ok(Tags { t: vec!["a".into(), "b".into()] }), "{query}");
    }
    let offset = |query: &str| from_str::<Tags>(query).unwrap_err().offset();
    assert_eq!(offset("t[x]=a"), Some(0));
    assert_eq!(offset("y&t[01]=a"), Some(2));
    assert_eq!(offset("t=a&t[]=b"), Some(4));
    assert_eq!(offset("t[]=a&t=b"), Some(6));
    assert_eq!(offset("u=a"), None);
}

#[test]
fn errors_say_where() {
    #[derive(Deserialize, Debug, PartialEq)]
    struct Page {
        number: u8,
    }
    let error = |query: &str| from_str::<Page>(query).unwrap_err();
    assert_eq!(error("a=1&number=300").offset(), Some(4));
    assert_eq!(error("a=1&number=300").to_string(), "expected an unsigned integer of 8 bits at offset 4");
    assert_eq!(error("number=1&number=2").offset(), Some(9));
    assert_eq!(error("number[x]=1").to_string(), "expected a value, found keys in brackets at offset 0");
    assert_eq!(error("a=b").to_string(), "missing field `number`");
    assert_eq!(error("").offset(), None);

    let first = Nesting { duplicates: Duplicates::First, ..Nesting::default() };
    assert_eq!(first.read::<Page>("number=1&number=2"), Ok(Page { number: 1 }));
    let last = Nesting { duplicates: Duplicates::Last, ..Nesting::default() };
    assert_eq!(last.read::<Page>("number=1&number=2"), Ok(Page { number: 2 }));
    let few = Nesting { max_fields: 1, ..Nesting::default() };
    assert_eq!(few.read::<Page>("number=1").unwrap(), Page { number: 1 });
    assert_eq!(few.read::<Page>("number=1&x").unwrap_err().offset(), Some(9));
    assert_eq!(few.read::<Vec<(String, String)>>("number=1&x").unwrap_err().offset(), Some(9));
}

#[test]
fn depth_is_bounded() {
    #[derive(Serialize, Deserialize, Debug, PartialEq, Default)]
    struct Deep {
        #[serde(skip_serializing_if = "Option::is_none")]
        d: Option<alloc::boxed::Box<Deep>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        x: Option<u8>,
    }
    let query = |brackets: usize| format!("d{}[x]=1", "[d]".repeat(brackets - 1));
    assert!(from_str::<Deep>(&query(5)).is_ok());
    assert_eq!(
        from_str::<Deep>(&query(6)).unwrap_err().to_string(),
        "a key has more than 5 pairs of brackets at offset 0"
    );
    assert!(from_str::<Deep>(&query(100_000)).is_err());
    // No caller can ask for more than the stack bears.
    let boundless = Nesting { depth: usize::MAX, ..Nesting::default() };
    assert!(boundless.read::<Deep>(&query(Nesting::MAX_DEPTH)).is_ok());
    assert!(boundless.read::<Deep>(&query(1_000_000)).is_err());

    let mut value = Deep { x: Some(1), d: None };
    for _ in 0..5 {
        value = Deep { d: Some(value.into()), x: None };
    }
    let written = to_string(&value).unwrap();
    assert_eq!(from_str::<Deep>(&written).unwrap(), value);
    let value = Deep { d: Some(value.into()), x: None };
    assert_eq!(to_string(&value).unwrap_err().to_string(), "a key has more than 5 pairs of brackets");
}

#[derive(Deserialize)]
struct Borrowed<'a> {
    plain: &'a str,
    #[serde(borrow)]
    either: Cow<'a, str>,
}

#[test]
fn pairs_and_maps_and_borrowed_text() {
    assert_eq!(
        from_str::<Vec<(String, u8)>>("a=1&b=2&a=3").unwrap(),
        [("a".into(), 1), ("b".into(), 2), ("a".into(), 3)]
    );
    assert_eq!(to_string(&[("a b", 1), ("c", 2)]).unwrap(), "a+b=1&c=2");
    let numbers: BTreeMap<u16, Vec<char>> = from_str("80=a&443=b&80=c").unwrap();
    assert_eq!(numbers, BTreeMap::from([(80, vec!['a', 'c']), (443, vec!['b'])]));
    let borrowed: Borrowed<'_> = from_str("plain=a&either=b").unwrap();
    assert!(matches!((borrowed.plain, borrowed.either), ("a", Cow::Borrowed("b"))));
    // An escaped value has to be decoded somewhere.
    assert!(from_str::<Borrowed<'_>>("plain=%41&either=b").is_err());
    let value: serde_json::Value = from_str("a=1&b[c]=2&b[d][]=3&b[d][]=4&e=5&e=6").unwrap();
    assert_eq!(value, serde_json::json!({"a": "1", "b": {"c": "2", "d": ["3", "4"]}, "e": ["5", "6"]}));
    assert_eq!(from_octets::<BTreeMap<String, String>>(b"a=\xFF").unwrap()["a"], "\u{FFFD}");
}

#[test]
fn what_would_be_read_otherwise_is_not_written() {
    let message = |error: StructError| error.to_string();
    assert_eq!(to_string(&7).map_err(message), Err("a query string can't carry a value without a key".into()));
    assert!(to_string(&BTreeMap::from([("a[b]", 1)])).is_err());
    assert!(to_string(&BTreeMap::from([("a", BTreeMap::from([("", 1)]))])).is_err());
    assert!(to_string(&BTreeMap::from([("", BTreeMap::from([("x", 1)]))])).is_err());
    assert!(to_string(&BTreeMap::from([("a", vec![Some(1), None])])).is_err());
    assert!(to_string(&BTreeMap::from([("a", vec![Shape::Point, Shape::Circle(1)])])).is_err());
    assert_eq!(
        to_string(&BTreeMap::from([("a", vec![Shape::Circle(2), Shape::Circle(1)])])).unwrap(),
        "a%5B0%5D%5BCircle%5D=2&a%5B1%5D%5BCircle%5D=1"
    );
    assert!(to_string(&vec![1, 2]).is_err());
    assert!(to_string(&vec![("a", "b", "c")]).is_err());
    assert_eq!(to_string::<[(&str, &str)]>(&[]).unwrap(), "");
}

#[test]
fn a_hundred_thousand_keys_are_no_matter() {
    let all = Nesting { max_fields: usize::MAX, ..Nesting::default() };
    let fields: Vec<_> = (0..100_000).map(|key| format!("m[k{key}]={key}")).collect();
    let query = fields.join("&");
    let map: BTreeMap<String, BTreeMap<String, u32>> = all.read(&query).unwrap();
    assert_eq!(map["m"].len(), 100_000);
    assert!(from_str::<BTreeMap<String, BTreeMap<String, u32>>>(&query).unwrap_err().offset().is_some());
}

fn inner() -> impl Strategy<Value = Inner> {
    (any::<bool>(), any::<char>(), prop::collection::vec(any::<u8>(), 0..4)).prop_map(|(flag, letter, list)| Inner {
        flag,
        letter,
        list,
    })
}

proptest! {
    #[test]
    fn any_struct_comes_back(
        text in ".*", number in any::<i64>(), huge in any::<u128>(), maybe in prop::option::of(".*"),
        inner in inner(), many in prop::collection::vec(inner(), 0..3),
        map in prop::collection::btree_map("[^\\[\\]]+", any::<u8>(), 0..4),
        matrix in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..4), 0..3),
        radius in any::<u32>(),
    ) {
        let shape = Shape::Circle(radius);
        let value = Everything { text, number, huge, maybe, shape, inner, many, map, matrix, unit: () };
        let written = to_string(&value).unwrap();
        prop_assert_eq!(from_str::<Everything>(&written).unwrap(), value);
    }
}
