//! Reads the arguments of an attribute: each known one once, the rest is reported.

use super::context::{Context, did_you_mean};
use crate::{
    syntax::ast::{Arg, Args, Attribute, Expr, ExprKind},
    text::{Diagnostic, Span, code},
};

/// The arguments of one attribute that are not read yet.
pub(super) struct ArgReader<'a> {
    pub(super) attribute: &'a Attribute,
    /// `@id`, `@@id`
    pub(super) label: String,
    args: &'a [Arg],
    read: Vec<bool>,
}

impl<'a> ArgReader<'a> {
    /// Starts to read; none when the arguments are so wrong that reading them makes no sense.
    pub(super) fn open(
        ctx: &mut Context<'_>,
        attribute: &'a Attribute,
        sigil: &str,
    ) -> Option<Self> {
        let label = format!("{sigil}{}", attribute.path.text);
        let args = attribute.args.as_ref().map_or(&[][..], |a| &a.list);
        let mut sound = true;
        if let Some(args) = &attribute.args {
            sound &= check_args(ctx, args, &label);
            sound &= check_repeated(ctx, args, &label);
        }
        let unnamed: Vec<_> = args.iter().filter(|a| a.name.is_none()).collect();
        if let [first, .., last] = unnamed[..] {
            let span = first.span.to(last.span);
            let names: Option<Vec<_>> = unnamed.iter().map(|a| path_of(a)).collect();
            let help = names.map(|n| format!("write them as an array: `[{}]`", n.join(", ")));
            let message = format!("`{label}` takes one argument without a name");
            ctx.push(Diagnostic::error(&code::E0212, span, message).maybe_help(help));
            sound = false;
        }
        sound.then(|| Self { attribute, label, args, read: vec![false; args.len()] })
    }

    /// The place of the attribute.
    pub(super) fn span(&self) -> Span {
        self.attribute.span
    }

    /// The argument of a name, where it is given.
    pub(super) fn named(&mut self, name: &str) -> Option<&'a Expr> {
        self.take(|a| a.name.as_ref().is_some_and(|n| n.text == name))
    }

    /// The argument without a name or of that name, where it is given.
    pub(super) fn default(&mut self, ctx: &mut Context<'_>, name: &str) -> Option<&'a Expr> {
        let named = self.named(name);
        let unnamed = self.take(|a| a.name.is_none());
        if let (Some(value), Some(_)) = (named, unnamed) {
            let message = format!("argument `{name}` is given twice");
            ctx.error(&code::E0204, value.span, message);
        }
        unnamed.or(named)
    }

    /// As [`Self::default`], reporting when it is missing.
    pub(super) fn expect_default(&mut self, ctx: &mut Context<'_>, name: &str) -> Option<&'a Expr> {
        let found = self.default(ctx, name);
        if found.is_none() {
            let message = format!("`{}` needs the argument `{name}`", self.label);
            ctx.error(&code::E0205, self.span(), message);
        }
        found
    }

    /// Reports what was not read. In superset files names of `own` are left to others.
    pub(super) fn finish(self, ctx: &mut Context<'_>, strict: bool, known: &[&str], own: &[&str]) {
        for (arg, read) in self.args.iter().zip(&self.read) {
            let name = arg.name.as_ref().map(|n| n.text.as_str());
            if *read || (!strict && name.is_some_and(|n| own.contains(&n))) {
                continue;
            }
            let message = match name {
                Some(name) => format!("`{}` has no argument `{name}`", self.label),
                None => format!("`{}` takes no argument here", self.label),
            };
            let near = name.and_then(|n| did_you_mean(n, known.iter().copied()));
            ctx.push(Diagnostic::error(&code::E0203, arg.span, message).maybe_help(near));
        }
    }

    fn take(&mut self, is: impl Fn(&Arg) -> bool) -> Option<&'a Expr> {
        let at = self.args.iter().position(is)?;
        self.read[at] = true;
        self.args[at].value.as_ref()
    }
}

fn path_of(arg: &Arg) -> Option<&str> {
    match arg.value.as_ref().map(|v| &v.kind) {
        Some(ExprKind::Path(path)) => Some(path),
        _ => None,
    }
}

fn check_repeated(ctx: &mut Context<'_>, args: &Args, label: &str) -> bool {
    let mut sound = true;
    for (index, arg) in args.list.iter().enumerate() {
        let Some(name) = &arg.name else { continue };
        let same = |a: &&Arg| a.name.as_ref().is_some_and(|n| n.text == name.text);
        if let Some(first) = args.list[..index].iter().find(same) {
            let message = format!("argument `{}` of `{label}` is given twice", name.text);
            let found = Diagnostic::error(&code::E0204, arg.span, message);
            ctx.push(found.also(first.span, "first given here"));
            sound = false;
        }
    }
    sound
}

/// Arguments without a value and commas behind the last one, also of functions within.
fn check_args(ctx: &mut Context<'_>, args: &Args, label: &str) -> bool {
    let mut sound = true;
    if let Some(comma) = args.trailing_comma {
        let message = format!("a comma behind the last argument of `{label}`");
        ctx.push(Diagnostic::error(&code::E0206, comma, message).help("remove the comma"));
        sound = false;
    }
    for arg in &args.list {
        match (&arg.name, &arg.value) {
            (Some(name), None) => {
                let message = format!("argument `{}` of `{label}` has no value", name.text);
                ctx.error(&code::E0206, arg.span, message);
                sound = false;
            }
            (_, Some(value)) => sound &= check_expr(ctx, value, label),
            (None, None) => {}
        }
    }
    sound
}

fn check_expr(ctx: &mut Context<'_>, expr: &Expr, label: &str) -> bool {
    match &expr.kind {
        ExprKind::Call(call) => check_args(ctx, &call.args, label),
        ExprKind::Array(array) => {
            let mut sound = true;
            for item in &array.items {
                sound &= check_expr(ctx, item, label);
            }
            sound
        }
        _ => true,
    }
}
