//! Resource paths, row by row: what they address or the error they get.

use crate::bind::check;

#[test]
fn walks() {
    check(&[
        ("/registry", "registry one"),
        ("/Registry/PEOPLE", "registry/people many"),
        ("/registry/people('a')", "registry/people('a') one"),
        ("/registry/people/a", "registry/people('a') one"),
        ("/registry/people(id='a')", "registry/people('a') one"),
        ("/registry/people(ID='a')", "registry/people('a') one"),
        ("/registry/people('O''Neil')", "registry/people('O''Neil') one"),
        ("/registry/people/O'Neil", "registry/people('O''Neil') one"),
        ("/registry/people('a%2Fb')/pets/c%2Fd/toys", "registry/people('a/b')/pets('c/d')/toys many"),
        ("/registry/people/a/pets/b/toys/c", "registry/people('a')/pets('b')/toys('c') one"),
        (
            "/registry/people(7F6C5B4A-0000-4000-8000-0123456789AB)",
            "registry/people('7f6c5b4a-0000-4000-8000-0123456789ab') one",
        ),
        ("/registry/people(5)", "registry/people('5') one"),
        ("/registry/people/$count", "registry/people number many"),
        ("/registry/people('a')/pets/$count", "registry/people('a')/pets number many"),
        ("/registry/lines(order=1,number=-2)", "registry/lines(order=1,number=-2) one"),
        ("/registry/lines(number=-2,order=1)", "registry/lines(order=1,number=-2) one"),
        ("/registry/lines(ORDER=1,Number=2)", "registry/lines(order=1,number=2) one"),
        ("/registry/people/merge", "registry/people Action merge many"),
        ("/registry/people/demo.registry.merge", "registry/people Action merge many"),
        ("/registry/people/d.MERGE()", "registry/people Action merge many"),
        ("/registry/people/Demo.Registry.Merge", "registry/people Action merge many"),
        ("/registry/people('a')/greet", "registry/people('a') Action greet one"),
        ("/registry/people('a')/D.Stream()", "registry/people('a') Function stream one"),
        ("/registry/people('merge')", "registry/people('merge') one"),
        (
            "/registry/people('a')/pets('b')/toys('c')/maker",
            "registry/people('a')/pets('b')/toys('c')/maker one",
        ),
    ]);
}

#[test]
fn wrong_walks() {
    check(&[
        ("", "Unsupported: The service document is not supported by the service."),
        ("/", "Unsupported: The service document is not supported by the service."),
        ("/nowhere", "NotFound nowhere 1..8: Resource not found for the segment 'nowhere'."),
        ("/registry()", "NotFound registry 1..11: Resource not found for the segment 'registry'."),
        ("/registry('a')", "NotFound registry 1..14: Resource not found for the segment 'registry'."),
        ("/registry(a=1)('b')", "NotFound registry 1..19: Resource not found for the segment 'registry'."),
        ("/people", "NotFound people 1..7: Resource not found for the segment 'people'."),
        ("/$metadata", "Unsupported 1..10: The path segment '$metadata' is not supported by the service."),
        ("/$entity", "Unsupported 1..8: The path segment '$entity' is not supported by the service."),
        ("/$all", "Unsupported 1..5: The path segment '$all' is not supported by the service."),
        ("/registry/nowhere", "NotFound nowhere 10..17: Resource not found for the segment 'nowhere'."),
        ("/registry/nowhere('a')", "NotFound nowhere 10..22: Resource not found for the segment 'nowhere'."),
        ("/registry/$count", "NotFound $count 10..16: Resource not found for the segment '$count'."),
        ("/registry/people()", "NotFound people 10..18: Resource not found for the segment 'people'."),
        ("/registry/people('a','b')", "NotFound people 10..25: Resource not found for the segment 'people'."),
        (
            "/registry/people(nick='a')",
            "NotFound people 10..26: Resource not found for the segment 'people'.",
        ),
        ("/registry/people(@k)?@k='a'", "registry/people('a') one"),
        ("/registry/people(null)", "NotFound people 10..22: Resource not found for the segment 'people'."),
        (
            "/registry/people('a')('b')",
            "NotFound people 10..26: Resource not found for the segment 'people'.",
        ),
        ("/registry/people('a')/b", "NotFound b 22..23: Resource not found for the segment 'b'."),
        ("/registry/people/a()", "NotFound a 17..20: Resource not found for the segment 'a'."),
        (
            "/registry/people('a')/$count",
            "NotFound $count 22..28: Resource not found for the segment '$count'.",
        ),
        ("/registry/people('a')/$ref", "registry/people('a') references one"),
        ("/registry/people('a')/$value", "Invalid 22..28: 'person' is no media entity; it has no $value."),
        ("/registry/people/$ref", "registry/people references many"),
        ("/registry/people/$filter(age%20gt%203)", "registry/people{(age? > 3)} many"),
        (
            "/registry/people/$each",
            "Unsupported 17..22: The path segment '$each' is not supported by the service.",
        ),
        ("/registry/people('a')/name", "registry/people('a')/name one"),
        ("/registry/people('a')/Home/city", "registry/people('a')/home/city one"),
        ("/registry/people('a')/name/$value", "registry/people('a')/name raw one"),
        ("/registry/people/demo.registry.person", "registry/people many"),
        ("/registry/people/d.pet('a')", "NotFound d.pet 17..27: Resource not found for the segment 'd.pet'."),
        ("/registry/people('a')/demo.registry.person", "registry/people('a') one"),
        (
            "/registry/people/demo.registry.nothing",
            "NotFound demo.registry.nothing 17..38: Resource not found for the segment \
             'demo.registry.nothing'.",
        ),
        (
            "/registry/people('a')/d.nothing",
            "NotFound d.nothing 22..31: Resource not found for the segment 'd.nothing'.",
        ),
        ("/registry/people/greet", "registry/people('greet') one"),
        ("/registry/people('a')/merge", "NotFound merge 22..27: Resource not found for the segment 'merge'."),
        (
            "/registry/people('a')/d.merge",
            "NotFound d.merge 22..29: Resource not found for the segment 'd.merge'.",
        ),
        (
            "/registry/people('a')/greet(text='x')",
            "NotFound greet 22..37: Resource not found for the segment 'greet'.",
        ),
        (
            "/registry/people('a')/greet/more",
            "NotFound more 28..32: Resource not found for the segment 'more'.",
        ),
        ("/registry/people/merge/more", "NotFound more 23..27: Resource not found for the segment 'more'."),
        ("/registry/lines('a')", "NotFound lines 10..20: Resource not found for the segment 'lines'."),
        ("/registry/lines(1,2)", "NotFound lines 10..20: Resource not found for the segment 'lines'."),
        ("/registry/lines(order=1)", "NotFound lines 10..24: Resource not found for the segment 'lines'."),
        (
            "/registry/lines(order=1,number=2,more=3)",
            "NotFound lines 10..40: Resource not found for the segment 'lines'.",
        ),
        (
            "/registry/lines(order=1,order=2)",
            "NotFound lines 10..32: Resource not found for the segment 'lines'.",
        ),
        (
            "/registry/lines(order=x,number=2)",
            "Syntax 22..23: Syntax error: expected a literal or a parameter alias but found 'x' at \
             position 22 in '/registry/lines(order=x,number=2)'.",
        ),
        (
            "/registry/lines(order='x',number=2)",
            "NotFound lines 10..35: Resource not found for the segment 'lines'.",
        ),
        ("/registry/lines/1", "NotFound 1 16..17: Resource not found for the segment '1'."),
        (
            "/registry/people('a')/pets('b')/toys('c')/maker('d')",
            "NotFound maker 42..52: Resource not found for the segment 'maker'.",
        ),
        (
            "/registry/people('a')/pets('b')/toys('c')/maker/toys",
            "registry/people('a')/pets('b')/toys('c')/maker/toys many",
        ),
    ]);
}
