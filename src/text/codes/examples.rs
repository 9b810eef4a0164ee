//! Examples of findings: the cases that the tests run.

/// A text that is wrong, what is said about it, and how it should be.
#[derive(Debug)]
pub struct Example {
    /// The text that is wrong.
    pub bad: &'static str,
    /// What is said about it.
    pub said: &'static str,
    /// A text that is right.
    pub good: &'static str,
}

/// The example of a code, where it has one.
#[must_use]
pub fn find_example(id: &str) -> Option<&'static Example> {
    EXAMPLES.iter().find(|(code, _)| code.eq_ignore_ascii_case(id)).map(|(_, example)| example)
}

macro_rules! case {
    ($id:ident, $file:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/fixtures/syntax/err/",
            stringify!($id),
            $file
        ))
    };
}

macro_rules! examples {
    ($($id:ident)*) => {
        &[$((
            stringify!($id),
            Example {
                bad: case!($id, "/bad.prisma"),
                said: case!($id, "/said.txt"),
                good: case!($id, "/good.prisma"),
            },
        )),*]
    };
}

static EXAMPLES: &[(&str, Example)] = examples! {
    E0001 E0002 E0003 E0004 E0005 E0006 E0007 E0101 E0102 E0103
    E0104 E0105 E0106 E0107 E0108 E0109 E0110 E0111 E0201 E0202
    E0203 E0204 E0205 E0206 E0207 E0208 E0209 E0210 E0211 E0212
    E0213 E0301 E0302 E0303 E0304 E0305 E0306 E0307 E0308 E0309
    E0310 E0311 E0312 E0401 E0402 E0403 E0404 E0405 E0406 E0407
    E0408 E0409 E0410 E0411 E0412 E0413 E0501 E0502 E0503 E0504
    E0505 E0506 E0507 E0508 E0601 E0602 E0603 E0604 E0605 E0606
    E0701 E0702 E0703 E0704 E0705 E0706 E0707 E0708 E0709
};
