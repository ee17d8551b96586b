-- Functions with the standard's meaning, where PostgreSQL has none of its own: what `odata::sql::functions` is to SQLite.
--
-- Run once, in the schema that is first on the connection's search path. Only the languages `sql` and `plpgsql` are
-- needed; no extension, no rights but to create functions. Each is null where an argument is, unless it says otherwise;
-- what has no value for its arguments raises a text that begins with `odata: `. Texts are compared by their bytes where
-- statements compare them; letter case is Unicode's by ICU, or else by the C library's table for UTF-8, which knows no
-- `ß` in capitals and no final sigma.

-- Texts: OData URL Conventions 4.01 §5.1.1.5 to §5.1.1.7.

DO $do$
DECLARE
    place text;
BEGIN
    SELECT format(' COLLATE pg_catalog.%I', collname) INTO place FROM pg_catalog.pg_collation
        WHERE collname IN ('und-x-icu', 'pg_unicode_fast', 'C.UTF-8', 'C.utf8')
        ORDER BY array_position(ARRAY['und-x-icu', 'pg_unicode_fast', 'C.UTF-8', 'C.utf8'], collname::text) LIMIT 1;
    place := COALESCE(place, '');
    EXECUTE 'CREATE OR REPLACE FUNCTION unicode_lower(txt text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE '
        || 'AS ' || quote_literal('SELECT lower(txt' || place || ')');
    EXECUTE 'CREATE OR REPLACE FUNCTION unicode_upper(txt text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE '
        || 'AS ' || quote_literal('SELECT upper(txt' || place || ')');
END
$do$;

CREATE OR REPLACE FUNCTION odata_startswith(txt text, start text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT left(txt, length(start)) = start';

-- Where the text is the shorter one the piece taken is too, and so never equal.
CREATE OR REPLACE FUNCTION odata_endswith(txt text, tail text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT right(txt, length(tail)) = tail';

CREATE OR REPLACE FUNCTION odata_trim(txt text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT btrim(txt, E'\t\n\u000b\u000c\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000')
$$;

-- From a place on, counted from zero, or from the end where it is negative; at most so many characters.
CREATE OR REPLACE FUNCTION odata_substring(txt text, place bigint, number bigint) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF number < 0 THEN
        RAISE EXCEPTION 'odata: The length of a substring cannot be negative.';
    END IF;
    IF place < 0 THEN
        place := GREATEST(GREATEST(place, -1073741822) + length(txt), 0);
    END IF;
    RETURN substr(txt, LEAST(place, 1073741822)::int + 1, LEAST(number, 1073741822)::int);
END
$$;

CREATE OR REPLACE FUNCTION odata_substring(txt text, place bigint) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT odata_substring(txt, place, 1073741822)';

-- Whether every member of the second, as often as it is there, is in the first.
CREATE OR REPLACE FUNCTION odata_hassubset(whole text, part text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN NOT EXISTS (
        SELECT 1
            FROM (SELECT member::text AS v, count(*) AS n FROM jsonb_array_elements(part::jsonb) member GROUP BY 1) wanted
            LEFT JOIN (SELECT member::text AS v, count(*) AS n FROM jsonb_array_elements(whole::jsonb) member
                GROUP BY 1) there ON there.v = wanted.v
            WHERE COALESCE(there.n, 0) < wanted.n);
END
$$;

-- Whether the members of the second are in the first in their order, others between them or not.
CREATE OR REPLACE FUNCTION odata_hassubsequence(whole text, part text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    wanted jsonb := part::jsonb;
    place int := 0;
    member jsonb;
BEGIN
    FOR member IN SELECT e FROM jsonb_array_elements(whole::jsonb) e LOOP
        EXIT WHEN place = jsonb_array_length(wanted);
        IF member::text = (wanted -> place)::text THEN
            place := place + 1;
        END IF;
    END LOOP;
    RETURN place = jsonb_array_length(wanted);
END
$$;

-- Whole numbers: 64 bits that do not wrap. §5.1.1.2.

-- A number that may be too large for 64 bits, such as a sum.
CREATE OR REPLACE FUNCTION odata_whole(number numeric) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF number NOT BETWEEN -9223372036854775808 AND 9223372036854775807 THEN
        RAISE EXCEPTION 'odata: The result of a calculation is too large for its type.';
    END IF;
    RETURN number::bigint;
END
$$;

CREATE OR REPLACE FUNCTION odata_int_add(a bigint, b bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_whole(a::numeric + b); END';

CREATE OR REPLACE FUNCTION odata_int_sub(a bigint, b bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_whole(a::numeric - b); END';

CREATE OR REPLACE FUNCTION odata_int_mul(a bigint, b bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_whole(a::numeric * b); END';

CREATE OR REPLACE FUNCTION odata_int_neg(a bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_whole(-a::numeric); END';

CREATE OR REPLACE FUNCTION odata_int_div(a bigint, b bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF b = 0 THEN
        RAISE EXCEPTION 'odata: A number is divided by zero.';
    ELSIF b = -1 THEN
        RETURN odata_int_neg(a);
    END IF;
    RETURN a / b;
END
$$;

-- The sign is that of the left operand.
CREATE OR REPLACE FUNCTION odata_int_mod(a bigint, b bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF b = 0 THEN
        RAISE EXCEPTION 'odata: A number is divided by zero.';
    ELSIF b = -1 THEN
        RETURN 0;
    END IF;
    RETURN a % b;
END
$$;

-- The whole number below a quotient.
CREATE OR REPLACE FUNCTION odata_below(a bigint, b bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF a % b < 0 THEN
        RETURN a / b - 1;
    END IF;
    RETURN a / b;
END
$$;

-- Floating-point numbers: IEEE 754, except that NaN is null. §5.1.1.2, §5.1.1.9.
--
-- PostgreSQL raises an error where a result is too large or too near to zero; so those are looked for before. Powers of
-- two, by which numbers are multiplied exactly, bring what shall be known into the range of numbers.

CREATE OR REPLACE FUNCTION odata_real_add(a float8, b float8) RETURNS float8
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF abs(a) > 1e290 AND abs(b) > 1e290 AND abs(a / 2 + b / 2) >= 2::float8 ^ 1023 THEN
        RETURN NULLIF(a / 2 + b / 2, 'NaN') * 'Infinity'::float8;
    END IF;
    RETURN NULLIF(a + b, 'NaN');
END
$$;

CREATE OR REPLACE FUNCTION odata_real_sub(a float8, b float8) RETURNS float8
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_real_add(a, -b); END';

CREATE OR REPLACE FUNCTION odata_is_negative(a float8) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT left(a::text, 1) = ''-''';

CREATE OR REPLACE FUNCTION odata_real_mul(a float8, b float8) RETURNS float8
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    x float8 := abs(a);
    y float8 := abs(b);
    sign float8;
BEGIN
    IF x < 'Infinity' AND y < 'Infinity' THEN
        sign := CASE WHEN odata_is_negative(a) = odata_is_negative(b) THEN 1 ELSE -1 END;
        IF x > 1 AND y > 1 THEN
            IF (x * 2::float8 ^ -513) * (y * 2::float8 ^ -513) >= 0.25 THEN
                RETURN sign * 'Infinity'::float8;
            END IF;
        ELSIF x > 0 AND y > 0 AND x < 1 AND y < 1 AND LEAST(x, y) < 2::float8 ^ -500 THEN
            IF (x * 2::float8 ^ 537) * (y * 2::float8 ^ 537) <= 0.5 THEN
                RETURN sign * 0;
            END IF;
        END IF;
    END IF;
    RETURN NULLIF(a * b, 'NaN');
END
$$;

CREATE OR REPLACE FUNCTION odata_real_div(a float8, b float8) RETURNS float8
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    x float8 := abs(a);
    y float8 := abs(b);
    sign float8 := CASE WHEN odata_is_negative(a) = odata_is_negative(b) THEN 1 ELSE -1 END;
BEGIN
    IF a = 'NaN' OR b = 'NaN' OR (x = 0 AND y = 0) THEN
        RETURN NULL;
    ELSIF y = 0 THEN
        RETURN sign * 'Infinity'::float8;
    ELSIF x < 'Infinity' AND y < 'Infinity' THEN
        IF y < 1 AND x >= (y * 2::float8 ^ 512) * 2::float8 ^ 512 THEN
            RETURN sign * 'Infinity'::float8;
        ELSIF x > 0 AND x < 2::float8 ^ -51 AND (x * 2::float8 ^ 512) * 2::float8 ^ 563 <= y THEN
            RETURN sign * 0;
        END IF;
    END IF;
    RETURN NULLIF(a / b, 'NaN');
END
$$;

-- The remainder has the sign of the left operand. A finite number is a whole one times a power of two.
CREATE OR REPLACE FUNCTION odata_real_mod(a float8, b float8) RETURNS float8
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    x bigint := ('x' || encode(float8send(abs(a)), 'hex'))::bit(64)::bigint;
    y bigint := ('x' || encode(float8send(abs(b)), 'hex'))::bit(64)::bigint;
    x_power int := GREATEST(x >> 52, 1);
    y_power int := GREATEST(y >> 52, 1);
    rest numeric;
BEGIN
    IF a = 'NaN' OR b = 'NaN' THEN
        RETURN NULL;
    ELSIF b = 0 THEN
        RAISE EXCEPTION 'odata: A number is divided by zero.';
    ELSIF abs(a) = 'Infinity' THEN
        RETURN NULL;
    ELSIF abs(a) < abs(b) THEN
        RETURN a;
    END IF;
    x := (x & 4503599627370495) | CASE WHEN x >> 52 = 0 THEN 0 ELSE 4503599627370496 END;
    y := (y & 4503599627370495) | CASE WHEN y >> 52 = 0 THEN 0 ELSE 4503599627370496 END;
    rest := mod(x * 2::numeric ^ (x_power - y_power), y);
    y_power := y_power - 1075;
    RETURN CASE WHEN odata_is_negative(a) THEN -1 ELSE 1 END
        * (rest::float8 * 2::float8 ^ (y_power / 2)) * 2::float8 ^ (y_power - y_power / 2);
END
$$;

CREATE OR REPLACE FUNCTION odata_real_neg(a float8) RETURNS float8
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT -a';

-- Half away from zero.
CREATE OR REPLACE FUNCTION odata_real_round(a float8) RETURNS float8
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF abs(a) < 4503599627370496 AND abs(a - trunc(a)) >= 0.5 THEN
        RETURN trunc(a) + sign(a);
    END IF;
    RETURN trunc(a);
END
$$;

CREATE OR REPLACE FUNCTION odata_real_floor(a float8) RETURNS float8
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT floor(a)';

CREATE OR REPLACE FUNCTION odata_real_ceiling(a float8) RETURNS float8
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT ceil(a)';

-- A floating-point number to be compared with a whole one, which it would else make one of its own kind.
CREATE OR REPLACE FUNCTION odata_exact(a float8) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF a >= -9223372036854775808 AND a < 9223372036854775808 THEN
        RETURN trunc(a)::bigint + (a - trunc(a))::text::numeric;
    END IF;
    RETURN a::text::numeric;
END
$$;

-- A floating-point number out of a text: `INF`, `-1.5e300`; null where there is none.
CREATE OR REPLACE FUNCTION odata_double(txt text) RETURNS float8
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    parts text[];
    digits numeric;
    power numeric;
BEGIN
    -- What is surely neither too large nor too near to zero.
    IF length(txt) <= 30 AND txt ~ '^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?$' THEN
        RETURN txt::float8;
    END IF;
    CASE txt
        WHEN 'NaN' THEN RETURN 'NaN';
        WHEN 'INF' THEN RETURN 'Infinity';
        WHEN '-INF' THEN RETURN '-Infinity';
        ELSE
    END CASE;
    parts := regexp_match(txt, '^([+-]?)0*([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$');
    IF parts IS NULL OR octet_length(txt) > 16000 THEN
        RETURN NULL;
    END IF;
    -- Digits of the whole, less the zeros behind the point where there are none.
    power := CASE WHEN parts[2] <> '0' THEN length(parts[2])
        ELSE length(ltrim(COALESCE(parts[3], ''), '0')) - length(COALESCE(parts[3], '')) END;
    IF ltrim(parts[2] || COALESCE(parts[3], ''), '0') = '' THEN
        RETURN (parts[1] || '0')::float8;
    END IF;
    IF length(parts[4]) > 100 THEN
        power := CASE WHEN left(parts[4], 1) = '-' THEN -1000 ELSE 1000 END;
    ELSE
        power := power + COALESCE(parts[4], '0')::numeric;
    END IF;
    IF power > 310 THEN
        RETURN (parts[1] || 'Infinity')::float8;
    ELSIF power < -330 THEN
        RETURN (parts[1] || '0')::float8;
    END IF;
    digits := abs(txt::numeric);
    IF digits >= 179769313486231580793e288 THEN
        RETURN (parts[1] || 'Infinity')::float8;
    ELSIF digits <= 2.4703282292062327208e-324 THEN
        RETURN (parts[1] || '0')::float8;
    END IF;
    RETURN txt::float8;
END
$$;

CREATE OR REPLACE FUNCTION odata_double(number bigint) RETURNS float8
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT number::float8';

CREATE OR REPLACE FUNCTION odata_double(number float8) RETURNS float8
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT number';

-- The same to calculate with.
CREATE OR REPLACE FUNCTION odata_real(txt text) RETURNS float8
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN NULLIF(odata_double(txt), ''NaN''); END';

-- The shortest digits that read back as the same number. PostgreSQL itself writes none that are halfway to another one.
CREATE OR REPLACE FUNCTION odata_shortest(a float8) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    digits numeric := a::text::numeric;
BEGIN
    IF abs(a) < 1.7e308 AND a::numeric::float8 = a
        AND length(btrim(translate(a::numeric::text, '-.', ''), '0')) < length(btrim(translate(digits::text, '-.', ''), '0')) THEN
        RETURN a::numeric;
    END IF;
    RETURN digits;
END
$$;

-- As text: without an exponent where that has at most 24 characters.
CREATE OR REPLACE FUNCTION odata_real_text(a float8) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    plain text;
    digits text;
BEGIN
    CASE a
        WHEN 'NaN' THEN RETURN 'NaN';
        WHEN 'Infinity' THEN RETURN 'INF';
        WHEN '-Infinity' THEN RETURN '-INF';
        WHEN 0 THEN RETURN a::text;
        ELSE
    END CASE;
    plain := trim_scale(odata_shortest(a))::text;
    IF length(plain) <= 24 THEN
        RETURN plain;
    END IF;
    digits := btrim(translate(plain, '-.', ''), '0');
    RETURN CASE WHEN a < 0 THEN '-' ELSE '' END || left(digits, 1)
        || CASE WHEN length(digits) > 1 THEN '.' || substr(digits, 2) ELSE '' END
        || 'e' || odata_magnitude(plain::numeric) - 1;
END
$$;

-- Decimals: digits as text, calculated exactly; a quotient that does not end is rounded to 34 digits.

-- What a text stands for; null where it is no decimal. There are no exponents.
CREATE OR REPLACE FUNCTION odata_number(txt text) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF octet_length(txt) > 1024 THEN
        RAISE EXCEPTION 'odata: The result of a calculation is too large for its type.';
    ELSIF txt ~ '^[+-]?[0-9]+(\.[0-9]+)?$' THEN
        RETURN txt::numeric;
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION odata_written(number numeric) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    digits text := trim_scale(number)::text;
BEGIN
    IF octet_length(digits) > 1024 THEN
        RAISE EXCEPTION 'odata: The result of a calculation is too large for its type.';
    END IF;
    RETURN digits;
END
$$;

-- In canonical form: no plus, no needless zeros, but one digit behind a point; null where it is none.
CREATE OR REPLACE FUNCTION odata_decimal(txt text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    digits text;
BEGIN
    IF txt !~ '^[+-]?[0-9]+(\.[0-9]+)?$' THEN
        RETURN NULL;
    END IF;
    digits := COALESCE(NULLIF(ltrim(split_part(txt, '.', 1), '+-0'), ''), '0');
    IF strpos(txt, '.') > 0 THEN
        digits := digits || '.' || COALESCE(NULLIF(rtrim(split_part(txt, '.', 2), '0'), ''), '0');
    END IF;
    RETURN CASE WHEN left(txt, 1) = '-' AND translate(digits, '0.', '') <> '' THEN '-' ELSE '' END || digits;
END
$$;

CREATE OR REPLACE FUNCTION odata_dec_add(a text, b text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_written(odata_number(a) + odata_number(b)); END';

CREATE OR REPLACE FUNCTION odata_dec_sub(a text, b text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_written(odata_number(a) - odata_number(b)); END';

CREATE OR REPLACE FUNCTION odata_dec_mul(a text, b text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_written(odata_number(a) * odata_number(b)); END';

-- How many digits of a number are before the point; less than none where zeros follow it.
CREATE OR REPLACE FUNCTION odata_magnitude(number numeric) RETURNS int
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    digits text := trim_scale(abs(number))::text;
BEGIN
    IF digits LIKE '0.%' THEN
        RETURN length(ltrim(substr(digits, 3), '0')) - length(digits) + 2;
    END IF;
    RETURN length(split_part(digits, '.', 1));
END
$$;

CREATE OR REPLACE FUNCTION odata_quotient(a numeric, b numeric) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    moved int;
    dividend numeric;
    divisor numeric;
    digits numeric;
BEGIN
    IF b = 0 THEN
        RAISE EXCEPTION 'odata: A number is divided by zero.';
    ELSIF a = 0 THEN
        RETURN 0;
    END IF;
    -- As many places to the left as make a whole number of 34 digits, or else of 35.
    moved := 34 - odata_magnitude(a) + odata_magnitude(b);
    LOOP
        dividend := abs(a) * CASE WHEN moved > 0 THEN ('1e' || moved)::numeric ELSE 1 END;
        divisor := abs(b) * CASE WHEN moved < 0 THEN ('1e' || -moved)::numeric ELSE 1 END;
        digits := div(dividend, divisor);
        EXIT WHEN digits < 1e34;
        moved := moved - 1;
    END LOOP;
    IF 2 * (dividend - digits * divisor) >= divisor THEN
        digits := digits + 1;
    END IF;
    RETURN sign(a) * sign(b) * digits * ('1e' || -moved)::numeric;
END
$$;

CREATE OR REPLACE FUNCTION odata_dec_div(a text, b text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN odata_written(odata_quotient(odata_number(a), odata_number(b)));
END
$$;

CREATE OR REPLACE FUNCTION odata_dec_mod(a text, b text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    x numeric := odata_number(a);
    y numeric := odata_number(b);
BEGIN
    IF x IS NOT NULL AND y = 0 THEN
        RAISE EXCEPTION 'odata: A number is divided by zero.';
    END IF;
    RETURN odata_written(x % y);
END
$$;

CREATE OR REPLACE FUNCTION odata_dec_neg(a text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_written(-odata_number(a)); END';

-- Half away from zero.
CREATE OR REPLACE FUNCTION odata_dec_round(a text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_written(round(odata_number(a))); END';

CREATE OR REPLACE FUNCTION odata_dec_floor(a text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_written(floor(odata_number(a))); END';

CREATE OR REPLACE FUNCTION odata_dec_ceiling(a text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_written(ceil(odata_number(a))); END';

-- The sum of a JSON array; null where there is no number in it.
CREATE OR REPLACE FUNCTION odata_dec_sum(members text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN odata_written((SELECT sum(odata_number(member)) FROM json_array_elements_text(members::json) member));
END
$$;

CREATE OR REPLACE FUNCTION odata_dec_average(members text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN odata_written((
        SELECT odata_quotient(sum(number), NULLIF(count(number), 0))
            FROM (SELECT odata_number(member) AS number FROM json_array_elements_text(members::json) member) numbers));
END
$$;

-- Days, times of day and instants: §5.1.1.8. Instants and durations are counts of 100 ns, the others texts.

-- Year, month and day of the proleptic Gregorian calendar, so many days after 1970-01-01.
CREATE OR REPLACE FUNCTION odata_civil(days bigint) RETURNS bigint[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    era bigint := odata_below(days + 719468, 146097);
    of_era bigint := days + 719468 - era * 146097;
    year_of_era bigint := (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    of_year bigint := of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    from_march bigint := (5 * of_year + 2) / 153;
    month bigint := CASE WHEN from_march < 10 THEN from_march + 3 ELSE from_march - 9 END;
BEGIN
    RETURN ARRAY[
        year_of_era + era * 400 + CASE WHEN month <= 2 THEN 1 ELSE 0 END,
        month,
        of_year - (153 * from_march + 2) / 5 + 1
    ];
END
$$;

CREATE OR REPLACE FUNCTION odata_days(year bigint, month bigint, day bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    from_march bigint := year - CASE WHEN month <= 2 THEN 1 ELSE 0 END;
    era bigint := odata_below(from_march, 400);
    year_of_era bigint := from_march - era * 400;
    of_year bigint := (153 * (month + CASE WHEN month > 2 THEN -3 ELSE 9 END) + 2) / 5 + day - 1;
BEGIN
    RETURN era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719468;
END
$$;

-- Days since 1970-01-01; null where a text is no day.
CREATE OR REPLACE FUNCTION odata_day_number(txt text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    parts bigint[];
    days bigint;
BEGIN
    IF translate(txt, '123456789', '000000000') <> '0000-00-00' THEN
        RETURN NULL;
    END IF;
    parts := ARRAY[left(txt, 4)::bigint, substr(txt, 6, 2)::bigint, right(txt, 2)::bigint];
    IF parts[2] NOT BETWEEN 1 AND 12 THEN
        RETURN NULL;
    END IF;
    days := odata_days(parts[1], parts[2], parts[3]);
    RETURN CASE WHEN odata_civil(days) = parts THEN days END;
END
$$;

CREATE OR REPLACE FUNCTION odata_day_text(days bigint) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    parts bigint[] := odata_civil(days);
BEGIN
    RETURN to_char(parts[1], CASE WHEN abs(parts[1]) < 10000 THEN 'FM0000' ELSE 'FM00000' END)
        || to_char(parts[2], 'FM"-"00') || to_char(parts[3], 'FM"-"00');
END
$$;

-- Units of 100 ns since midnight; null where a text is no time of day.
CREATE OR REPLACE FUNCTION odata_clock(txt text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    form text := translate(txt, '123456789', '000000000');
    fraction text := substr(txt, 10);
    hour bigint;
    minute bigint;
    second bigint;
BEGIN
    IF form <> '00:00' AND form <> '00:00:00' AND form <> '00:00:00.' || repeat('0', length(fraction))
        OR length(fraction) > 12 OR right(txt, 1) = '.' THEN
        RETURN NULL;
    END IF;
    hour := left(txt, 2);
    minute := substr(txt, 4, 2);
    second := '0' || substr(txt, 7, 2);
    IF hour > 23 OR minute > 59 OR second > 59 THEN
        RETURN NULL;
    END IF;
    RETURN ((hour * 60 + minute) * 60 + second) * 10000000 + rpad(left(fraction, 7), 7, '0')::bigint;
END
$$;

-- A fraction of a second, with its point; nothing where it is zero.
CREATE OR REPLACE FUNCTION odata_fraction_text(ticks bigint) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT rtrim(rtrim('.' || lpad(ticks::text, 7, '0'), '0'), '.')
$$;

CREATE OR REPLACE FUNCTION odata_clock_text(ticks bigint) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN lpad((ticks / 36000000000)::text, 2, '0') || ':' || lpad((ticks / 600000000 % 60)::text, 2, '0') || ':'
        || lpad((ticks / 10000000 % 60)::text, 2, '0') || odata_fraction_text(ticks % 10000000);
END
$$;

-- An instant's or a text's part of the day, in units of 100 ns.
CREATE OR REPLACE FUNCTION odata_of_day(ticks bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN (ticks % 864000000000 + 864000000000) % 864000000000; END';

CREATE OR REPLACE FUNCTION odata_year(ticks bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN (odata_civil(odata_below(ticks, 864000000000)))[1]; END';
CREATE OR REPLACE FUNCTION odata_year(txt text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN (odata_civil(odata_day_number(txt)))[1]; END';
CREATE OR REPLACE FUNCTION odata_month(ticks bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN (odata_civil(odata_below(ticks, 864000000000)))[2]; END';
CREATE OR REPLACE FUNCTION odata_month(txt text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN (odata_civil(odata_day_number(txt)))[2]; END';
CREATE OR REPLACE FUNCTION odata_day(ticks bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN (odata_civil(odata_below(ticks, 864000000000)))[3]; END';
CREATE OR REPLACE FUNCTION odata_day(txt text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN (odata_civil(odata_day_number(txt)))[3]; END';
CREATE OR REPLACE FUNCTION odata_hour(ticks bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_of_day(ticks) / 36000000000; END';
CREATE OR REPLACE FUNCTION odata_hour(txt text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_clock(txt) / 36000000000; END';
CREATE OR REPLACE FUNCTION odata_minute(ticks bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_of_day(ticks) / 600000000 % 60; END';
CREATE OR REPLACE FUNCTION odata_minute(txt text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_clock(txt) / 600000000 % 60; END';
CREATE OR REPLACE FUNCTION odata_second(ticks bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_of_day(ticks) / 10000000 % 60; END';
CREATE OR REPLACE FUNCTION odata_second(txt text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_clock(txt) / 10000000 % 60; END';

-- A count of 100 ns as a decimal of seconds.
CREATE OR REPLACE FUNCTION odata_seconds(ticks bigint) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT trim_scale(ticks * 0.0000001)::text';
CREATE OR REPLACE FUNCTION odata_fraction(ticks bigint) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_seconds(odata_of_day(ticks) % 10000000); END';
CREATE OR REPLACE FUNCTION odata_fraction(txt text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_seconds(odata_clock(txt) % 10000000); END';

CREATE OR REPLACE FUNCTION odata_date(ticks bigint) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_day_text(odata_below(ticks, 864000000000)); END';
CREATE OR REPLACE FUNCTION odata_time(ticks bigint) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_clock_text(odata_of_day(ticks)); END';

-- An instant of the years 0 to 9999.
CREATE OR REPLACE FUNCTION odata_instant(ticks numeric) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF ticks NOT BETWEEN -621672192000000000 AND 2534023007999999999 THEN
        RAISE EXCEPTION 'odata: The result of a calculation is too large for its type.';
    END IF;
    RETURN ticks::bigint;
END
$$;

CREATE OR REPLACE FUNCTION odata_instant_add(a bigint, b bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_instant(a::numeric + b); END';
CREATE OR REPLACE FUNCTION odata_instant_sub(a bigint, b bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_instant(a::numeric - b); END';

-- A day and a duration: the day that many whole days on.
CREATE OR REPLACE FUNCTION odata_date_add(txt text, ticks bigint) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    days bigint := odata_day_number(txt) + odata_below(ticks, 864000000000);
BEGIN
    IF days NOT BETWEEN -719528 AND 2932896 THEN
        RAISE EXCEPTION 'odata: The result of a calculation is too large for its type.';
    END IF;
    RETURN odata_day_text(days);
END
$$;

CREATE OR REPLACE FUNCTION odata_date_sub(a text, b text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN (odata_day_number(a) - odata_day_number(b)) * 864000000000; END';

-- A duration times and by a number; what is less than 100 ns is left out.
CREATE OR REPLACE FUNCTION odata_ticks_scale(ticks bigint, factor bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_whole(ticks::numeric * factor); END';
CREATE OR REPLACE FUNCTION odata_ticks_scale(ticks bigint, factor text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_whole(trunc(ticks * odata_number(factor))); END';
CREATE OR REPLACE FUNCTION odata_ticks_scale(ticks bigint, factor float8) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN odata_whole(COALESCE(odata_exact(trunc(odata_real_mul(ticks, factor))), 'Infinity'));
END
$$;
CREATE OR REPLACE FUNCTION odata_ticks_divide(ticks bigint, divisor bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_int_div(ticks, divisor); END';
CREATE OR REPLACE FUNCTION odata_ticks_divide(ticks bigint, divisor text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN odata_whole(trunc(odata_quotient(ticks, odata_number(divisor))));
END
$$;
CREATE OR REPLACE FUNCTION odata_ticks_divide(ticks bigint, divisor float8) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF divisor = 0 THEN
        RAISE EXCEPTION 'odata: A number is divided by zero.';
    END IF;
    RETURN odata_whole(COALESCE(odata_exact(trunc(odata_real_div(ticks, divisor))), 'Infinity'));
END
$$;

CREATE OR REPLACE FUNCTION odata_ticks_scale(ticks bigint, factor int) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_whole(ticks::numeric * factor); END';
CREATE OR REPLACE FUNCTION odata_ticks_divide(ticks bigint, divisor int) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS 'BEGIN RETURN odata_int_div(ticks, divisor); END';

-- JSON texts, as `odata::sql::stored` keeps values in them.

-- The members of an array: each as text and as JSON, with its place. None where the array is null.
CREATE OR REPLACE FUNCTION odata_members(members text) RETURNS TABLE (value text, key bigint, json json)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT member #>> '{}', place - 1, member FROM json_array_elements(members::json) WITH ORDINALITY AS all_of(member, place)
$$;

-- A whole number, a truth value as 0 or 1; null where there is neither.
CREATE OR REPLACE FUNCTION odata_integer(txt text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    number numeric;
BEGIN
    IF txt ~ '^[+-]?0*[0-9]{1,19}$' THEN
        number := txt::numeric;
        IF number BETWEEN -9223372036854775808 AND 9223372036854775807 THEN
            RETURN number::bigint;
        END IF;
    ELSIF txt = 'true' THEN
        RETURN 1;
    ELSIF txt = 'false' THEN
        RETURN 0;
    END IF;
    RETURN NULL;
END
$$;

-- `2012-09-03T23:59:45.1-08:00`: minutes east of UTC; null where it is no zone.
CREATE OR REPLACE FUNCTION odata_minutes(txt text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN CASE
        WHEN right(txt, 1) IN ('Z', 'z') THEN 0
        WHEN left(right(txt, 6), 1) = '+' THEN odata_clock(right(txt, 5)) / 600000000
        WHEN left(right(txt, 6), 1) = '-' THEN odata_clock(right(txt, 5)) / -600000000
    END;
END
$$;

CREATE OR REPLACE FUNCTION odata_ticks(txt text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF substr(txt, 11, 1) NOT IN ('T', 't') OR length(txt) < 17 THEN
        RETURN NULL;
    END IF;
    RETURN odata_day_number(left(txt, 10)) * 864000000000
        + odata_clock(substr(txt, 12, length(txt) - CASE WHEN right(txt, 1) IN ('Z', 'z') THEN 12 ELSE 17 END))
        - odata_minutes(txt) * 600000000;
END
$$;

CREATE OR REPLACE FUNCTION odata_offset(txt text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN odata_ticks(txt) IS NOT NULL THEN odata_minutes(txt) END;
END
$$;

CREATE OR REPLACE FUNCTION odata_instant_text(ticks bigint, minutes bigint) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    local numeric := ticks + minutes * 600000000::numeric;
    days bigint := floor(local / 864000000000);
BEGIN
    RETURN odata_day_text(days) || 'T' || odata_clock_text((local - days * 864000000000::numeric)::bigint)
        || CASE WHEN minutes = 0 THEN 'Z' ELSE CASE WHEN minutes < 0 THEN '-' ELSE '+' END
            || lpad((abs(minutes) / 60)::text, 2, '0') || ':' || lpad((abs(minutes) % 60)::text, 2, '0') END;
END
$$;

-- Base64 of either alphabet, with or without padding.
CREATE OR REPLACE FUNCTION odata_bytes(txt text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    digits text := rtrim(txt, '=');
    bytes bytea;
BEGIN
    IF txt !~ '^([A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}$' OR length(digits) % 4 = 1 THEN
        RETURN NULL;
    END IF;
    digits := translate(digits, '-_', '+/') || repeat('=', (4 - length(digits) % 4) % 4);
    bytes := decode(digits, 'base64');
    -- Bits behind the last byte are zero.
    RETURN CASE WHEN translate(encode(bytes, 'base64'), E'\n', '') = digits THEN bytes END;
END
$$;

CREATE OR REPLACE FUNCTION odata_bytes_text(bytes bytea) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT translate(encode(bytes, 'base64'), E'\n', '') $$;

-- Casts: a value of one primitive type as one of another, null where there is none. §5.1.1.10.1.

-- `[-]P[nD][T[nH][nM][n[.f]S]]` as a count of 100 ns; null where it is no duration or does not fit.
CREATE OR REPLACE FUNCTION odata_duration(txt text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    parts text[] := regexp_match(txt, '^(-?)[Pp](?=.)(?:([0-9]{1,19})[Dd])?(?:[Tt](?=.)(?:([0-9]{1,19})[Hh])?(?:([0-9]{1,19})[Mm])?(?:([0-9]{1,19})(?:\.([0-9]+))?[Ss])?)?$');
    ticks numeric;
BEGIN
    IF parts IS NULL THEN
        RETURN NULL;
    END IF;
    ticks := COALESCE(parts[2], '0')::numeric * 864000000000 + COALESCE(parts[3], '0')::numeric * 36000000000
        + COALESCE(parts[4], '0')::numeric * 600000000 + COALESCE(parts[5], '0')::numeric * 10000000
        + rpad(left(COALESCE(parts[6], '0'), 7), 7, '0')::numeric;
    ticks := CASE WHEN parts[1] = '-' THEN -ticks ELSE ticks END;
    RETURN CASE WHEN ticks BETWEEN -9223372036854775808 AND 9223372036854775807 THEN ticks::bigint END;
END
$$;

CREATE OR REPLACE FUNCTION odata_duration_text(ticks bigint) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    rest numeric := abs(ticks::numeric);
    days numeric := div(rest, 864000000000);
    clock bigint := rest - days * 864000000000;
    second bigint := clock % 600000000;
BEGIN
    RETURN CASE WHEN ticks < 0 THEN '-P' ELSE 'P' END
        || CASE WHEN days > 0 THEN days || 'D' ELSE '' END
        || CASE WHEN clock > 0 OR days = 0 THEN 'T' ELSE '' END
        || CASE WHEN clock >= 36000000000 THEN clock / 36000000000 || 'H' ELSE '' END
        || CASE WHEN clock / 600000000 % 60 > 0 THEN clock / 600000000 % 60 || 'M' ELSE '' END
        || CASE WHEN second > 0 OR ticks = 0 THEN second / 10000000 || odata_fraction_text(second % 10000000) || 'S'
            ELSE '' END;
END
$$;

CREATE OR REPLACE FUNCTION odata_in_range(number numeric, target text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN CASE target
        WHEN 'Byte' THEN number BETWEEN 0 AND 255
        WHEN 'SByte' THEN number BETWEEN -128 AND 127
        WHEN 'Int16' THEN number BETWEEN -32768 AND 32767
        WHEN 'Int32' THEN number BETWEEN -2147483648 AND 2147483647
        WHEN 'Int64' THEN number BETWEEN -9223372036854775808 AND 9223372036854775807
    END THEN number::bigint END;
END
$$;

CREATE OR REPLACE FUNCTION odata_is_integer(name text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT name IN ('Byte', 'SByte', 'Int16', 'Int32', 'Int64') $$;

CREATE OR REPLACE FUNCTION odata_cast_text(v bigint, source text, target text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN CASE
        WHEN target = 'String' AND source = 'DateTimeOffset' THEN odata_instant_text(v, 0)
        WHEN target = 'String' AND source = 'Duration' THEN odata_duration_text(v)
        WHEN target IN ('String', 'Decimal') AND odata_is_integer(source) THEN v::text
        WHEN target = 'Date' AND source = 'DateTimeOffset' THEN odata_day_text(odata_day_number(odata_date(v)))
        WHEN target = 'TimeOfDay' AND source = 'DateTimeOffset' THEN odata_time(v)
    END;
END
$$;
CREATE OR REPLACE FUNCTION odata_cast_text(v float8, source text, target text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN CASE
        WHEN target = 'String' THEN odata_real_text(v)
        WHEN target = 'Decimal' AND abs(v) < 'Infinity' THEN trim_scale(odata_shortest(v))::text
    END;
END
$$;
CREATE OR REPLACE FUNCTION odata_cast_text(v text, source text, target text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN CASE
        WHEN target = 'String' OR target = source THEN v
        WHEN source <> 'String' THEN NULL
        WHEN target = 'Guid' THEN lower(substring(v from '^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$'))
        WHEN target = 'Date' THEN odata_day_text(odata_day_number(v))
        WHEN target = 'TimeOfDay' THEN odata_clock_text(odata_clock(v))
        WHEN target = 'Decimal' THEN odata_decimal(v)
    END;
END
$$;
CREATE OR REPLACE FUNCTION odata_cast_text(v boolean, source text, target text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE WHEN target = 'String' THEN v::text END $$;
CREATE OR REPLACE FUNCTION odata_cast_text(v bytea, source text, target text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE WHEN target = 'String' THEN odata_bytes_text(v) END $$;

CREATE OR REPLACE FUNCTION odata_cast_integer(v bigint, source text, target text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN odata_is_integer(source) THEN odata_in_range(v, target) WHEN target = source THEN v END;
END
$$;
CREATE OR REPLACE FUNCTION odata_cast_integer(v float8, source text, target text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN abs(v) < 'Infinity' THEN odata_in_range(odata_exact(trunc(v)), target) END;
END
$$;
CREATE OR REPLACE FUNCTION odata_cast_integer(v text, source text, target text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN CASE
        WHEN source = 'Decimal' THEN odata_in_range(odata_integer(split_part(v, '.', 1)), target)
        WHEN source = 'Date' AND target = 'DateTimeOffset' THEN odata_day_number(v) * 864000000000
        WHEN source <> 'String' THEN NULL
        WHEN target = 'DateTimeOffset' THEN odata_ticks(v)
        WHEN target = 'Duration' THEN odata_duration(v)
        WHEN v ~ '^[+-]?[0-9]+$' THEN odata_in_range(odata_integer(v), target)
    END;
END
$$;
CREATE OR REPLACE FUNCTION odata_cast_integer(v boolean, source text, target text) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT NULL::bigint';
CREATE OR REPLACE FUNCTION odata_cast_integer(v bytea, source text, target text) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT NULL::bigint';

CREATE OR REPLACE FUNCTION odata_cast_real(v bigint, source text, target text) RETURNS float8
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT CASE WHEN odata_is_integer(source) THEN v::float8 END';
CREATE OR REPLACE FUNCTION odata_cast_real(v float8, source text, target text) RETURNS float8
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT v';
CREATE OR REPLACE FUNCTION odata_cast_real(v text, source text, target text) RETURNS float8
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN source IN ('Decimal', 'String') THEN odata_real(v) END;
END
$$;
CREATE OR REPLACE FUNCTION odata_cast_real(v boolean, source text, target text) RETURNS float8
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT NULL::float8';
CREATE OR REPLACE FUNCTION odata_cast_real(v bytea, source text, target text) RETURNS float8
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT NULL::float8';

CREATE OR REPLACE FUNCTION odata_cast_truth(v boolean, source text, target text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT v';
CREATE OR REPLACE FUNCTION odata_cast_truth(v text, source text, target text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT CASE WHEN source = 'String' THEN CASE lower(v) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END END
$$;
CREATE OR REPLACE FUNCTION odata_cast_truth(v bigint, source text, target text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT NULL::boolean';
CREATE OR REPLACE FUNCTION odata_cast_truth(v float8, source text, target text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT NULL::boolean';
CREATE OR REPLACE FUNCTION odata_cast_truth(v bytea, source text, target text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT NULL::boolean';

CREATE OR REPLACE FUNCTION odata_cast_bytes(v bytea, source text, target text) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT v';
CREATE OR REPLACE FUNCTION odata_cast_bytes(v text, source text, target text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN source = 'String' THEN odata_bytes(v) END;
END
$$;
CREATE OR REPLACE FUNCTION odata_cast_bytes(v bigint, source text, target text) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT NULL::bytea';
CREATE OR REPLACE FUNCTION odata_cast_bytes(v float8, source text, target text) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT NULL::bytea';
CREATE OR REPLACE FUNCTION odata_cast_bytes(v boolean, source text, target text) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT NULL::bytea';

-- Whole numbers of 32 bits, such as lengths, which would else be taken for floating-point ones.
CREATE OR REPLACE FUNCTION odata_cast_text(v int, source text, target text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT odata_cast_text(v::bigint, source, target)';
CREATE OR REPLACE FUNCTION odata_cast_integer(v int, source text, target text) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT odata_cast_integer(v::bigint, source, target)';
CREATE OR REPLACE FUNCTION odata_cast_real(v int, source text, target text) RETURNS float8
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT odata_cast_real(v::bigint, source, target)';
CREATE OR REPLACE FUNCTION odata_cast_truth(v int, source text, target text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT NULL::boolean';
CREATE OR REPLACE FUNCTION odata_cast_bytes(v int, source text, target text) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT NULL::bytea';

-- Flags: members are written `read=1,write=2`.

-- The names of flags that are set; null where some have no name.
CREATE OR REPLACE FUNCTION odata_flags(number bigint, members text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    all_of text[] := string_to_array(members, ',');
    rest bigint := number;
    flag bigint;
    names text[];
BEGIN
    FOR place IN 1 .. COALESCE(array_length(all_of, 1), 0) LOOP
        IF split_part(all_of[place], '=', 2)::bigint = number THEN
            RETURN split_part(all_of[place], '=', 1);
        END IF;
    END LOOP;
    FOR place IN REVERSE COALESCE(array_length(all_of, 1), 0) .. 1 LOOP
        flag := split_part(all_of[place], '=', 2)::bigint;
        IF flag <> 0 AND rest & flag = flag THEN
            rest := rest & ~flag;
            names := split_part(all_of[place], '=', 1) || names;
        END IF;
    END LOOP;
    RETURN CASE WHEN rest = 0 THEN array_to_string(names, ',') END;
END
$$;

-- The number that stands for flags; null where one does not exist.
CREATE OR REPLACE FUNCTION odata_flags_of(names text, members text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    name text;
    flag bigint;
    flags bigint := 0;
BEGIN
    FOR name IN SELECT odata_trim(part) FROM regexp_split_to_table(names, ',') part LOOP
        SELECT split_part(member, '=', 2)::bigint INTO flag FROM regexp_split_to_table(members, ',') member
            WHERE lower(split_part(member, '=', 1) COLLATE "C") = lower(name COLLATE "C")
            ORDER BY split_part(member, '=', 1) <> name LIMIT 1;
        flag := COALESCE(flag, CASE WHEN name ~ '^[+-]?[0-9]+$' THEN odata_integer(name) END);
        IF flag IS NULL THEN
            RETURN NULL;
        END IF;
        flags := flags | flag;
    END LOOP;
    RETURN flags;
END
$$;
