-- Rows for the tables of schema.sql: the same ones every time. What looks like chance is a hash of
-- the row's number, never random(). `{conversations}` is replaced by their number; about ten
-- messages and three reporting events come with each. A line that begins with '-- #' begins a part;
-- its text is what the filling says it is doing.

-- # accounts, agents, inboxes and labels
CREATE FUNCTION pg_temp.pick(n bigint, salt int, choices int) RETURNS int LANGUAGE sql IMMUTABLE
    AS 'SELECT abs(hashint8extended(n, salt) % choices)::int';

-- The days, each with its share of the conversations: fewer on weekends and holidays, growing over
-- the two years.
CREATE TEMP TABLE days AS
WITH weight AS (
    SELECT d::date AS day,
           (CASE extract(isodow FROM d) WHEN 6 THEN 0.35 WHEN 7 THEN 0.2 WHEN 1 THEN 1.25 ELSE 1 END
            * CASE WHEN to_char(d, 'MM-DD') IN ('12-24', '12-25', '12-26', '01-01') THEN 0.15
                   WHEN to_char(d, 'MM-DD') BETWEEN '11-25' AND '12-20' THEN 1.5 ELSE 1 END
            * (0.7 + (d::date - date '2024-07-01') / 730.0 * 0.6)
            * (0.85 + pg_temp.pick(d::date - date '2000-01-01', 1, 31) / 100.0)) AS w
    FROM generate_series(timestamp '2024-07-01', timestamp '2026-06-30', interval '1 day') AS d
), share AS (
    SELECT day, round({conversations} * sum(w) OVER (ORDER BY day) / sum(w) OVER ())::int AS upto FROM weight
)
SELECT day, coalesce(lag(upto) OVER (ORDER BY day), 0) AS before, upto FROM share;

INSERT INTO accounts (id, name, created_at, updated_at, locale, domain, support_email, status) VALUES
    (1, 'Acme Hardware', '2024-05-02 09:12:44.120331', '2026-06-30 08:00:00', 0, 'acme.example', 'help@acme.example', 0),
    (2, 'Nordlicht Versand GmbH', '2024-06-11 07:40:02.5', '2026-06-12 14:21:09.004', 3, 'nordlicht.example', 'hilfe@nordlicht.example', 0),
    (3, 'Café Soleil', '2024-06-20 16:05:30.25', '2025-11-03 10:10:10', 5, NULL, NULL, 0),
    (4, 'Old Lantern Ltd.', '2024-06-28 11:11:11', '2025-09-01 00:00:00', 0, 'lantern.example', NULL, 1);

INSERT INTO users (id, uid, email, name, display_name, encrypted_password, reset_password_token,
                   reset_password_sent_at, sign_in_count, current_sign_in_at, last_sign_in_at,
                   current_sign_in_ip, last_sign_in_ip, confirmation_token, confirmed_at,
                   confirmation_sent_at, tokens, created_at, updated_at, pubsub_token, availability,
                   ui_settings, custom_attributes, type, cognigy_user_id)
SELECT u, mail, CASE WHEN u % 19 <> 0 THEN mail END, name, CASE WHEN u % 3 <> 0 THEN split_part(name, ' ', 1) END,
       '$2a$11$' || left(md5('password ' || u) || md5('more ' || u), 53),
       CASE WHEN u % 7 = 0 THEN md5('reset ' || u) END,
       CASE WHEN u % 7 = 0 THEN timestamp '2026-05-04 06:30:00' + u * interval '3 hours' END,
       pg_temp.pick(u, 2, 900),
       CASE WHEN u % 5 <> 0 THEN timestamp '2026-06-29 06:55:00' + u * interval '191.137 seconds' END,
       CASE WHEN u % 5 <> 0 THEN timestamp '2026-06-26 07:02:00' + u * interval '173.731 seconds' END,
       CASE WHEN u % 5 <> 0 THEN '203.0.113.' || u END, CASE WHEN u % 5 <> 0 THEN '198.51.100.' || u END,
       md5('confirm ' || u), timestamp '2024-06-20 12:00:00' + u * interval '5 hours',
       timestamp '2024-06-20 11:58:00' + u * interval '5 hours',
       CASE WHEN u % 4 = 0 THEN json_build_object(left(md5('client ' || u), 22), json_build_object('token', md5('session ' || u), 'expiry', 1790000000 + u)) END,
       timestamp '2024-06-20 11:57:30.123' + u * interval '5 hours',
       timestamp '2026-06-01 00:00:00' + u * interval '7 hours 13 minutes',
       left(md5('pubsub ' || u), 24), CASE WHEN u % 11 = 0 THEN NULL ELSE u % 3 END,
       CASE WHEN u % 2 = 0 THEN '{"is_contact_sidebar_open": true, "rtl_view": false}' ELSE to_jsonb('{"is_conv_actions_open": true, "editor_message_key": "enter"}'::text) END,
       CASE u % 3 WHEN 0 THEN NULL WHEN 1 THEN '{}' ELSE jsonb_build_object('desk', 'B' || u, 'languages', jsonb_build_array('en', 'de')) END,
       CASE WHEN u = 1 THEN 'SuperAdmin' END,
       CASE WHEN u % 2 = 1 THEN left(md5('cognigy ' || u), 24) END
FROM unnest(ARRAY[
    'Francisco Ortega', 'Ana Lindqvist', 'Zoë Marchand', 'Jürgen Weiß', 'Ethan Cole', 'Olena Shevchenko',
    'Marek Dvořák', 'Yuki Tanaka', 'Inès Belkacem', 'Tomás Ferreira', 'Siobhán O''Connor', 'Łukasz Nowak',
    'Priya Raman', 'Björn Åkesson', 'Chidi Okafor', 'Mei-Ling Chen', 'Ahmed Mansour', 'Freya Nielsen',
    'Giulia De Santis', 'Noah Peters', 'Amélie Roux', 'Kenji Mori', 'Sofía Navarro', 'Emre Yıldız',
    'Hannah Vogel', 'Liam Byrne', 'Dimitra Pappas', 'Oskar Lind', 'Fatima Zahra', 'Ivan Horvat',
    'Charlotte Dubois', 'Rafael Costa', 'Aino Virtanen', 'Max Brandt', 'Leila Haddad', 'Piotr Zieliński',
    'Nina Kovač', 'George Adams', 'Carmen Ruiz', 'Theo van Dijk']) WITH ORDINALITY AS n (name, u),
    LATERAL (SELECT 'agent' || u || '@' || (ARRAY['acme', 'nordlicht', 'soleil', 'lantern'])[1 + u % 4] || '.example') AS m (mail);

-- 1 administers two accounts, 3 another one, 4 one and is an agent elsewhere, 5 the suspended one;
-- 40 belongs to none.
INSERT INTO account_users (account_id, user_id, role, created_at, updated_at, active_at)
SELECT account, u, role, timestamp '2024-06-21' + u * interval '5 hours', timestamp '2026-06-01', timestamp '2026-06-30 10:00:00'
FROM (VALUES (1, 1, 1), (2, 1, 1), (1, 2, 0), (3, 3, 1), (1, 4, 1), (2, 4, 0), (4, 5, 1), (2, 6, 0), (3, 6, 0), (1, 7, NULL)) AS m (account, u, role)
UNION ALL
SELECT CASE WHEN u < 22 THEN 1 WHEN u < 33 THEN 2 WHEN u < 38 THEN 3 ELSE 4 END, u, 0,
       timestamp '2024-06-21' + u * interval '5 hours', timestamp '2026-06-01', NULL
FROM generate_series(8, 39) AS u;

INSERT INTO inboxes (id, channel_id, account_id, name, channel_type, enable_auto_assignment, greeting_enabled,
                     greeting_message, email_address, working_hours_enabled, out_of_office_message, timezone,
                     enable_email_collect, csat_survey_enabled, cognigy_organization_id, cognigy_project_id,
                     enable_auto_reassignment, conversation_show_all, created_at, updated_at)
SELECT i, 100 + i, account, name, 'Channel::' || channel, i % 3 <> 0, greeting IS NOT NULL, greeting, email,
       hours, away, zone, i % 4 <> 0, i % 2 = 1,
       CASE WHEN channel IN ('WebWidget', 'Api') THEN left(md5('organization ' || account), 24) END,
       CASE WHEN channel IN ('WebWidget', 'Api') THEN left(md5('project ' || i), 24) END,
       CASE WHEN i % 5 = 0 THEN NULL ELSE i % 2 = 0 END, CASE WHEN i % 6 = 0 THEN NULL ELSE i % 3 = 1 END,
       timestamp '2024-06-25 08:30:00' + i * interval '1 day 01:17:23.456', timestamp '2026-03-02 09:00:00' + i * interval '11 hours'
FROM (VALUES
    (1, 1, 'Web Chat', 'WebWidget', 'Hi there! How can we help you today? 👋', NULL, true, 'We are back tomorrow at 8.', 'America/New_York'),
    (2, 1, 'Support Mail', 'Email', NULL, 'support@acme.example', true, NULL, 'America/New_York'),
    (3, 1, 'WhatsApp', 'Whatsapp', 'Thanks for your message!', NULL, false, NULL, 'UTC'),
    (4, 1, 'Facebook', 'FacebookPage', NULL, NULL, false, '', NULL),
    (5, 1, 'Phone & "Call-back"', 'TwilioSms', NULL, NULL, true, 'Please leave a number.', 'America/Chicago'),
    (6, 2, 'Webseite', 'WebWidget', 'Moin! Was können wir für Sie tun?', NULL, true, 'Wir sind morgen ab 8 Uhr wieder da.', 'Europe/Berlin'),
    (7, 2, 'Größen & Rücksendungen', 'Api', NULL, NULL, true, NULL, 'Europe/Berlin'),
    (8, 2, 'E-Mail', 'Email', NULL, 'hilfe@nordlicht.example', false, NULL, 'Europe/Berlin'),
    (9, 2, 'Telegram', 'Telegram', '', NULL, false, NULL, 'UTC'),
    (10, 3, 'Réservations', 'WebWidget', 'Bonjour ! ☕', NULL, true, 'Nous sommes fermés le lundi.', 'Europe/Paris'),
    (11, 3, 'Instagram 100%_Café\Bar', 'Api', NULL, NULL, false, NULL, 'Europe/Paris'),
    (12, 4, 'Lantern Chat', 'WebWidget', NULL, NULL, false, NULL, 'Europe/London')
) AS v (i, account, name, channel, greeting, email, hours, away, zone);

INSERT INTO inbox_members (user_id, inbox_id, created_at, updated_at)
SELECT a.user_id, i.id, a.created_at, a.updated_at
FROM inboxes i JOIN account_users a ON a.account_id = i.account_id
WHERE pg_temp.pick(a.user_id * 100 + i.id, 3, 3) > 0
UNION ALL
SELECT 2, 1, '2025-01-01', '2025-01-01'
UNION ALL
SELECT 40, 1, '2025-01-01', '2025-01-01'
ORDER BY 2, 1, 3;

INSERT INTO teams (id, name, description, account_id, created_at, updated_at) VALUES
    (1, 'sales', 'Before the order', 1, '2024-07-01', '2024-07-01'),
    (2, 'repairs', 'What broke', 1, '2024-07-01', '2024-07-01'),
    (3, 'billing', NULL, 1, '2024-07-01', '2024-07-01'),
    (4, 'versand', 'Pakete und Rücksendungen', 2, '2024-07-01', '2024-07-01'),
    (5, 'rechnungen', NULL, 2, '2024-07-01', '2024-07-01'),
    (6, 'salle', NULL, 3, '2024-07-01', '2024-07-01');

INSERT INTO labels (id, title, description, color, show_on_sidebar, account_id, created_at, updated_at)
SELECT l, title, description, color, l % 4 <> 0, account,
       timestamp '2024-06-28 10:00:00' + l * interval '37 minutes', timestamp '2024-06-28 10:00:00' + l * interval '41 minutes'
FROM (VALUES
    (1, 1, 'complaint', 'Somebody is unhappy', '#e3342f'), (2, 1, 'billing', 'Invoices and payments', '#3490dc'),
    (3, 1, 'vip', NULL, '#f6993f'), (4, 1, 'delivery', 'Where is my parcel?', '#38c172'),
    (5, 1, 'warranty', '', '#9561e2'), (6, 1, 'feature-request', NULL, '#6cb2eb'), (7, 1, 'spam', NULL, '#606f7b'),
    (8, 2, 'reklamation', 'Es gab Ärger', '#e3342f'), (9, 2, 'billing', 'Rechnungen', '#3490dc'),
    (10, 2, 'delivery', 'Lieferung', '#38c172'), (11, 2, 'größe', NULL, '#f66d9b'), (12, 2, 'vip', NULL, '#f6993f'),
    (13, 3, 'réservation', NULL, '#38c172'), (14, 3, 'billing', NULL, '#3490dc'), (15, 3, '☕ fidèle', 'Vient tous les jours', '#f6993f'),
    (16, 4, 'old', NULL, '#606f7b'), (17, NULL, 'orphan', 'Belongs to no account', '#606f7b')
) AS v (l, account, title, description, color);

INSERT INTO tags (id, name, taggings_count)
SELECT row_number() OVER (ORDER BY min(id)), title, 0 FROM labels GROUP BY title;

-- # {conversations} conversations

-- Conversations in the order of their time. Within a day the hours follow a curve, given by the
-- second at which each twentieth of the day's conversations has begun.
CREATE TEMP TABLE begun AS
SELECT i AS id, c.account, c.inbox, c.language,
       day + (curve[slot] + (curve[slot + 1] - curve[slot]) * part) * interval '1 second' AS at,
       -- How old it is at the end of the two years decides whether it is settled.
       date '2026-07-01' - day AS age,
       4 + pg_temp.pick(i, 10, 13) AS messages
FROM days
CROSS JOIN LATERAL generate_series(before + 1, upto) AS i
CROSS JOIN LATERAL (SELECT 20.0 * (i - before - 1 + pg_temp.pick(i, 11, 1000) / 1000.0) / (upto - before) AS position) AS p
CROSS JOIN LATERAL (SELECT floor(position)::int + 1 AS slot, position - floor(position) AS part) AS s
CROSS JOIN (SELECT ARRAY[0, 19000, 25500, 28200, 30000, 31600, 33100, 34500, 36000, 37800, 39900, 42600, 45900, 49000, 51500, 54000, 56600, 59600, 64200, 72000, 86399.999] AS curve) AS k
CROSS JOIN LATERAL (SELECT pg_temp.pick(i, 12, 100) AS account, pg_temp.pick(i, 13, 100) AS inbox, pg_temp.pick(i, 14, 100) AS language) AS h
CROSS JOIN LATERAL (
    SELECT CASE WHEN h.account < 47 THEN 1 WHEN h.account < 79 THEN 2 WHEN h.account < 96 THEN 3 ELSE 4 END AS account,
           CASE WHEN h.account < 47 THEN (ARRAY[1, 1, 1, 1, 2, 2, 3, 3, 4, 5])[1 + h.inbox / 10]
                WHEN h.account < 79 THEN (ARRAY[6, 6, 6, 6, 7, 7, 8, 8, 8, 9])[1 + h.inbox / 10]
                WHEN h.account < 96 THEN 10 + h.inbox / 70 ELSE 12 END AS inbox,
           CASE WHEN h.account < 47 THEN CASE WHEN h.language < 72 THEN 1 WHEN h.language < 84 THEN 4 WHEN h.language < 90 THEN 3 WHEN h.language < 95 THEN 6 ELSE 7 END
                WHEN h.account < 79 THEN CASE WHEN h.language < 78 THEN 2 WHEN h.language < 88 THEN 1 WHEN h.language < 95 THEN 5 ELSE 7 END
                WHEN h.account < 96 THEN CASE WHEN h.language < 75 THEN 3 WHEN h.language < 90 THEN 1 ELSE 4 END ELSE 1 END AS language
) AS c;
ANALYZE begun;

CREATE TEMP TABLE talks AS
SELECT b.*,
       sum(messages) OVER (ORDER BY id) - messages AS messages_before,
       row_number() OVER (PARTITION BY account ORDER BY id) AS display,
       -- One in eight waits for an agent, a few are somebody's who is gone.
       CASE WHEN pg_temp.pick(id, 20, 8) = 0 THEN NULL WHEN pg_temp.pick(id, 21, 400) = 0 THEN 9999
            WHEN account = 1 THEN (ARRAY[2, 4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21])[1 + pg_temp.pick(id, 22, 17)]
            WHEN account = 2 THEN (ARRAY[4, 6, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32])[1 + pg_temp.pick(id, 22, 13)]
            WHEN account = 3 THEN (ARRAY[3, 6, 33, 34, 35, 36, 37])[1 + pg_temp.pick(id, 22, 7)]
            ELSE 38 + pg_temp.pick(id, 22, 2) END AS agent,
       CASE WHEN age > 30 THEN CASE WHEN pg_temp.pick(id, 23, 25) = 0 THEN 0 ELSE 1 END
            ELSE (ARRAY[0, 0, 0, 1, 1, 1, 1, 2, 3, 3])[1 + pg_temp.pick(id, 23, 10)] END AS status,
       -- Seconds to the first answer, and between two messages: most are quick, some take a night.
       (20 + pg_temp.pick(id, 24, 400) + CASE WHEN pg_temp.pick(id, 25, 9) = 0 THEN pg_temp.pick(id, 26, 50000) ELSE 0 END) + pg_temp.pick(id, 27, 1000) / 1000.0 AS wait,
       30 + pg_temp.pick(id, 28, 300) + CASE WHEN pg_temp.pick(id, 29, 20) = 0 THEN 5000 ELSE 0 END AS pace,
       1000 + pg_temp.pick(id / 3, 30, 1 + {conversations} / 3) AS contact
FROM begun b;
ANALYZE talks;

INSERT INTO conversations (id, account_id, inbox_id, status, assignee_id, created_at, updated_at, contact_id, display_id,
                           contact_last_seen_at, agent_last_seen_at, additional_attributes, contact_inbox_id, uuid, identifier,
                           last_activity_at, team_id, campaign_id, snoozed_until, custom_attributes, assignee_last_seen_at,
                           first_reply_created_at, priority, cognigy_session_id)
SELECT id, account,
       -- Some lie in an inbox that is gone, or that became another account's.
       CASE pg_temp.pick(id, 40, 5000) WHEN 0 THEN 999 WHEN 1 THEN 1 ELSE inbox END,
       status, agent, at, last + interval '1.5 seconds', contact, display,
       CASE WHEN pg_temp.pick(id, 41, 3) > 0 THEN last + interval '30 seconds' END,
       CASE WHEN agent IS NOT NULL THEN last + interval '12.25 seconds' END,
       CASE pg_temp.pick(id, 42, 6)
            WHEN 0 THEN NULL WHEN 1 THEN '{}'
            WHEN 2 THEN to_jsonb(format('{"browser": {"browser_name": "Safari", "platform_name": "iOS"}, "referer": "https://shop.example/cart/%s"}', id))
            ELSE jsonb_build_object('referer', 'https://shop.example/products/' || pg_temp.pick(id, 43, 900), 'initiated_at', jsonb_build_object('timestamp', to_char(at, 'Dy Mon DD YYYY HH24:MI:SS')),
                                    'browser', jsonb_build_object('browser_name', (ARRAY['Chrome', 'Firefox', 'Edge'])[1 + pg_temp.pick(id, 44, 3)], 'browser_version', 120 + pg_temp.pick(id, 45, 20))) END,
       CASE WHEN pg_temp.pick(id, 46, 40) > 0 THEN contact + 500000 END,
       md5('conversation ' || id)::uuid,
       CASE pg_temp.pick(id, 47, 5) WHEN 0 THEN 'ORD-' || 100000 + pg_temp.pick(id, 48, 900000) WHEN 1 THEN '' END,
       last,
       CASE WHEN pg_temp.pick(id, 49, 3) > 0 THEN CASE account WHEN 1 THEN 1 + pg_temp.pick(id, 50, 3) WHEN 2 THEN 4 + pg_temp.pick(id, 50, 2) WHEN 3 THEN 6 END END,
       CASE WHEN pg_temp.pick(id, 51, 20) = 0 THEN 1 + pg_temp.pick(id, 52, 5) END,
       CASE WHEN id = {conversations} THEN 'infinity' WHEN status = 3 THEN date_trunc('day', last) + interval '9 days 8 hours' END,
       CASE pg_temp.pick(id, 53, 4) WHEN 0 THEN NULL WHEN 1 THEN '{}'
            WHEN 2 THEN jsonb_build_object('plan', (ARRAY['free', 'silver', 'gold'])[1 + pg_temp.pick(id, 54, 3)], 'orders', pg_temp.pick(id, 55, 40))
            ELSE to_jsonb(format('{"plan":"%s","newsletter":%s}', (ARRAY['free', 'silver', 'gold'])[1 + pg_temp.pick(id, 54, 3)], (pg_temp.pick(id, 55, 2) = 0)::text)) END,
       CASE WHEN agent IS NOT NULL AND pg_temp.pick(id, 56, 2) = 0 THEN last + interval '20 seconds' END,
       CASE WHEN agent IS NOT NULL THEN at + wait * interval '1 second' END,
       CASE WHEN pg_temp.pick(id, 57, 6) = 0 THEN pg_temp.pick(id, 58, 4) END,
       CASE WHEN inbox IN (1, 6, 7, 10, 11) THEN 'session-' || md5('session ' || id)::uuid END
FROM talks, LATERAL (SELECT at + (wait + (messages - 2) * pace) * interval '1 second' AS last OFFSET 0) AS l;

-- # their messages

-- What people write: by language (en de fr es pt ja uk) and by what they do at that moment.
-- %1$s is the order, %2$s the product, %3$s the agent.
CREATE TEMP TABLE phrases (language int, act text, texts text[], PRIMARY KEY (language, act));
INSERT INTO phrases VALUES
(1, 'ask', ARRAY['Hi, where is my order %1$s? It should have been here on Friday.', 'Hello! The %2$s I bought doesn''t turn on any more 😕', 'Can I still change the address of %1$s?', 'Good morning, I''d like to know if the %2$s is in stock again.', 'I was charged twice for %1$s. Please fix this!!', 'hello', 'How do I return a %2$s?', 'URGENT: order %1$s arrived broken, see the photo']),
(1, 'greet', ARRAY['Hi, this is %3$s. Let me have a look at that for you.', 'Hello and thanks for reaching out! My name is %3$s.', 'Good day! I''m checking order %1$s right now.', 'Hi there 👋 give me a minute, please.']),
(1, 'tell', ARRAY['The number is %1$s.', 'It says "delivered", but nobody was at home.', 'I paid by card, on the 3rd I think', 'yes', 'No, it''s the %2$s in blue.', 'Here is what I see: error 0x80070057', 'My e-mail address hasn''t changed.', 'Sure, I''ll wait.', 'It worked until yesterday, and then it just stopped. I have tried another cable and another socket; the light blinks twice and goes out again.', '👍']),
(1, 'answer', ARRAY['I can see %1$s in our system. It left our warehouse yesterday.', 'Could you tell me the serial number of your %2$s? It''s on the back.', 'I have refunded 50%% of the price; you''ll see it in 3–5 days.', 'Please press the button for ten seconds and try again.', 'A new %2$s is on its way to you, free of charge.', 'I''m sorry about the trouble!', 'That is covered by the warranty.', 'Our carrier promises it for tomorrow before 12:00.']),
(1, 'thank', ARRAY['Great, thanks a lot!', 'That worked, thank you %3$s 🎉', 'ok', 'Thanks. I hope it arrives this time.', 'Perfect ❤️']),
(1, 'close', ARRAY['You''re welcome! Have a nice day.', 'Happy to help. Bye!', 'I''ll close this conversation now; just write again if anything else comes up.', 'Glad it works 😀']),
(2, 'ask', ARRAY['Guten Tag, wo bleibt meine Bestellung %1$s?', 'Moin, der %2$s passt leider nicht. Wie schicke ich ihn zurück?', 'Ich möchte die Größe ändern: %1$s', 'Die Rechnung zu %1$s fehlt noch. Viele Grüße', 'Wann gibt es %2$s wieder?', 'Hallo 🙂']),
(2, 'greet', ARRAY['Guten Tag, mein Name ist %3$s. Ich schaue gleich nach.', 'Moin! Einen Moment bitte, ich prüfe das.', 'Vielen Dank für Ihre Nachricht zu %1$s.']),
(2, 'tell', ARRAY['Die Nummer ist %1$s.', 'Nein, in Größe 42.', 'Das Paket lag beim Nachbarn, geöffnet und nass.', 'ja', 'Überwiesen habe ich am Montag.', 'Ich bin ab 18 Uhr zu Hause.', 'Straße und Hausnummer stimmen.']),
(2, 'answer', ARRAY['Die Sendung %1$s ist seit gestern unterwegs.', 'Sie erhalten die Rechnung in wenigen Minuten per E-Mail.', 'Das tut mir leid! Ich schicke Ihnen einen neuen %2$s.', 'Bitte nutzen Sie das Etikett, das im Karton liegt.', 'Wir erstatten Ihnen 20%% des Preises.']),
(2, 'thank', ARRAY['Super, vielen Dank!', 'Danke, das hat geklappt 👍', 'Alles klar.', 'Herzlichen Dank für die schnelle Hilfe, %3$s!']),
(2, 'close', ARRAY['Sehr gern! Einen schönen Tag noch.', 'Gern geschehen. Tschüss!', 'Ich schließe das Gespräch. Melden Sie sich gern wieder.']),
(3, 'ask', ARRAY['Bonjour, je voudrais réserver une table pour quatre ce soir.', 'Ma commande %1$s n''est pas arrivée…', 'Le %2$s est-il encore disponible ?', 'Bonjour, est-ce ouvert à Noël ?']),
(3, 'greet', ARRAY['Bonjour, ici %3$s. Je regarde tout de suite.', 'Bonjour et merci de votre message !']),
(3, 'tell', ARRAY['À 19h30 si possible.', 'Oui, en terrasse.', 'Le numéro est %1$s.', 'Sans gluten, s''il vous plaît 🙏', 'Nous serons peut-être cinq.']),
(3, 'answer', ARRAY['C''est noté. La table est réservée.', 'Nous sommes complets à 19h30, 20h15 vous irait ?', 'Le %2$s revient la semaine prochaine.', 'Nous vous remboursons aujourd''hui.']),
(3, 'thank', ARRAY['Parfait, merci beaucoup !', 'Merci %3$s ☕', 'D''accord.']),
(3, 'close', ARRAY['Avec plaisir, à bientôt !', 'Bonne journée !']),
(4, 'ask', ARRAY['Hola, ¿dónde está mi pedido %1$s?', '¿Tienen el %2$s en rojo?', 'Buenos días, me cobraron dos veces.']),
(4, 'greet', ARRAY['¡Hola! Soy %3$s, un momento por favor.', 'Gracias por escribirnos.']),
(4, 'tell', ARRAY['El número es %1$s.', 'Sí, por favor.', 'Lo pagué mañana… perdón, ayer 😅', 'No llegó nada.']),
(4, 'answer', ARRAY['El pedido %1$s sale hoy.', 'Le envío un %2$s nuevo.', 'Ya está corregido, disculpe la molestia.']),
(4, 'thank', ARRAY['¡Muchas gracias!', 'Vale, gracias.']),
(4, 'close', ARRAY['¡De nada, que tenga un buen día!', 'A usted. ¡Adiós!']),
(5, 'ask', ARRAY['Olá, o meu pedido %1$s ainda não chegou.', 'Bom dia! Vocês têm %2$s?']),
(5, 'greet', ARRAY['Olá, sou %3$s. Vou verificar.', 'Bom dia! Um instante.']),
(5, 'tell', ARRAY['O número é %1$s.', 'Não, obrigado.', 'Paguei com cartão.', 'São Paulo, zona norte.']),
(5, 'answer', ARRAY['A encomenda %1$s já está a caminho.', 'Vamos devolver o valor hoje.', 'O %2$s chega na sexta-feira.']),
(5, 'thank', ARRAY['Obrigada! 😊', 'Ótimo, valeu!']),
(5, 'close', ARRAY['Disponha! Bom dia.', 'Até logo!']),
(6, 'ask', ARRAY['注文%1$sはいつ届きますか？', '%2$sが動きません。']),
(6, 'greet', ARRAY['お問い合わせありがとうございます。%3$sです。', '確認いたしますので少々お待ちください。']),
(6, 'tell', ARRAY['注文番号は%1$sです。', 'はい、お願いします。', '昨日までは動いていました。']),
(6, 'answer', ARRAY['%1$sは本日発送いたしました。', '新しい%2$sをお送りします。', '申し訳ございません。']),
(6, 'thank', ARRAY['ありがとうございます！', '助かりました🙇']),
(6, 'close', ARRAY['またのご利用をお待ちしております。', '失礼いたします。']),
(7, 'ask', ARRAY['Добрий день, де моє замовлення %1$s?', 'Чи є %2$s у наявності?']),
(7, 'greet', ARRAY['Вітаю! Мене звати %3$s.', 'Хвилинку, перевіряю.']),
(7, 'tell', ARRAY['Номер %1$s.', 'Так, будь ласка 🙏', 'Ні, ще не отримала.']),
(7, 'answer', ARRAY['Замовлення %1$s вже в дорозі.', 'Надішлемо новий %2$s безкоштовно.']),
(7, 'thank', ARRAY['Дуже дякую! 💛💙', 'Гаразд, дякую.']),
(7, 'close', ARRAY['Гарного дня!', 'Звертайтеся ще.']);

-- The k-th of n messages: the contact asks, an agent or the greeting of the inbox answers, they go on
-- by turns, the contact thanks, the agent closes; then perhaps "resolved" and a survey.
INSERT INTO messages (id, content, account_id, inbox_id, conversation_id, message_type, created_at, updated_at, private, status,
                      source_id, content_type, content_attributes, sender_type, sender_id, external_source_ids)
SELECT m.id,
       CASE act
            WHEN 'resolved' THEN 'Conversation was marked resolved by ' || agent_name
            WHEN 'survey' THEN 'Please rate the conversation'
            WHEN 'note' THEN '@' || agent_name || ' order ' || order_number || ': the customer called before, see conversation #' || display
            WHEN 'file' THEN NULL
            ELSE format(p.texts[1 + pg_temp.pick(m.id, 60, cardinality(p.texts))], order_number, product, agent_name) END,
       account, inbox, conversation,
       CASE act WHEN 'ask' THEN 0 WHEN 'tell' THEN 0 WHEN 'thank' THEN 0 WHEN 'file' THEN 0 WHEN 'resolved' THEN 2 WHEN 'survey' THEN 3 ELSE CASE WHEN agent IS NULL THEN 3 ELSE 1 END END,
       written, written + CASE WHEN m.id % 5 = 0 THEN interval '2.25 seconds' ELSE interval '0' END,
       act = 'note',
       CASE WHEN act IN ('resolved', 'note') THEN 0 WHEN pg_temp.pick(m.id, 61, 200) = 0 THEN 3 ELSE pg_temp.pick(m.id, 62, 3) END,
       CASE WHEN inbox IN (2, 3, 8) THEN CASE inbox WHEN 3 THEN 'wamid.' || md5('wa ' || m.id) ELSE '<' || md5('mail ' || m.id) || '@mail.example>' END END,
       CASE WHEN act = 'survey' THEN 9 WHEN inbox IN (2, 8) AND act IN ('ask', 'tell', 'thank') THEN 8 WHEN act = 'greet' AND m.id % 40 = 0 THEN 4 WHEN act = 'answer' AND m.id % 60 = 0 THEN 5 ELSE 0 END,
       CASE WHEN act = 'survey' THEN
                 CASE WHEN m.id % 3 = 0 THEN '{}'::json
                      ELSE json_build_object('submitted_values', json_build_object('csat_survey_response', json_build_object('rating', (ARRAY[5, 5, 5, 4, 4, 3, 2, 1])[1 + pg_temp.pick(m.id, 63, 8)], 'feedback_message', (ARRAY['', 'Great service 😀', 'too slow', 'Alles gut', 'merci'])[1 + pg_temp.pick(m.id, 64, 5)]))) END
            WHEN act = 'greet' AND m.id % 40 = 0 THEN '{"items":[{"title":"Track a parcel","value":"track"},{"title":"Return something","value":"return"},{"title":"Talk to a person","value":"agent"}]}'
            WHEN act = 'answer' AND m.id % 60 = 0 THEN json_build_object('items', json_build_array(json_build_object('title', product, 'description', 'As good as new', 'media_url', 'https://cdn.shop.example/' || m.id % 97 || '.png')))
            WHEN m.id % 9 = 0 THEN to_json(format('{"in_reply_to":%s}', m.id - 1))
            WHEN m.id % 7 = 0 THEN json_build_object('in_reply_to', m.id - 1)
            WHEN m.id % 4 = 0 THEN NULL
            ELSE '{}' END,
       CASE act WHEN 'ask' THEN 'Contact' WHEN 'tell' THEN 'Contact' WHEN 'thank' THEN 'Contact' WHEN 'file' THEN 'Contact' WHEN 'resolved' THEN NULL WHEN 'survey' THEN NULL
            ELSE CASE WHEN agent IS NOT NULL THEN 'User' WHEN m.id % 3 = 0 THEN 'AgentBot' ELSE 'cognigy' END END,
       CASE act WHEN 'ask' THEN contact WHEN 'tell' THEN contact WHEN 'thank' THEN contact WHEN 'file' THEN contact WHEN 'resolved' THEN NULL WHEN 'survey' THEN NULL
            ELSE CASE WHEN agent IS NOT NULL THEN agent WHEN m.id % 3 = 0 THEN 1 END END,
       CASE WHEN inbox = 4 THEN jsonb_build_object('facebook', md5('fb ' || m.id)) END
FROM (
    SELECT t.messages_before + k AS id, t.id AS conversation, account, inbox, display, contact, agent, language,
           at + CASE WHEN k = 1 THEN 0 ELSE wait + (k - 2) * pace + pg_temp.pick(t.messages_before + k, 65, 1000) / 1000.0 END * interval '1 second' AS written,
           CASE WHEN k = 1 THEN 'ask' WHEN k = 2 THEN 'greet'
                WHEN k = messages AND status = 1 AND t.id % 3 = 0 THEN 'survey'
                WHEN k = messages - 1 AND status = 1 THEN 'resolved'
                WHEN k = messages - 2 AND status = 1 AND k > 3 THEN 'thank'
                WHEN k = messages THEN 'close'
                WHEN k % 2 = 1 THEN CASE WHEN (t.id + k) % 37 = 0 THEN 'file' ELSE 'tell' END
                WHEN (t.id + k) % 23 = 0 AND agent IS NOT NULL THEN 'note' ELSE 'answer' END AS act,
           'ORD-' || 100000 + pg_temp.pick(t.id, 48, 900000) AS order_number,
           (ARRAY['drill', 'toaster', 'Größe-M jacket', 'desk lamp', 'coffee grinder', 'bike pump', 'kettle "Élan"'])[1 + pg_temp.pick(t.id, 66, 7)] AS product,
           coalesce(u.display_name, u.name, 'the team') AS agent_name
    FROM talks t
    LEFT JOIN users u ON u.id = t.agent
    CROSS JOIN LATERAL generate_series(1, t.messages) AS k
    OFFSET 0 -- keeps its expressions from being computed wherever their names stand
) AS m
LEFT JOIN phrases p USING (language, act);

-- # labels on conversations, and reporting events

INSERT INTO taggings (tag_id, taggable_type, taggable_id, context, created_at)
SELECT t.id, 'Conversation', c.id, 'labels', c.at + interval '3 minutes'
FROM talks c
CROSS JOIN generate_series(1, 2) AS n
JOIN labels l ON l.id = CASE c.account WHEN 1 THEN 1 + pg_temp.pick(c.id * 2 + n, 70, 7) WHEN 2 THEN 8 + pg_temp.pick(c.id * 2 + n, 70, 5)
                                       WHEN 3 THEN 13 + pg_temp.pick(c.id * 2 + n, 70, 3) ELSE 16 END
JOIN tags t ON t.name = l.title
WHERE pg_temp.pick(c.id * 2 + n, 71, 5) < 2
ORDER BY c.id, n;
-- A tag of another kind of thing, one in another context, one twice, one of a conversation that is gone.
INSERT INTO taggings (tag_id, taggable_type, taggable_id, context, created_at)
SELECT tag_id, taggable_type, taggable_id, context, created_at FROM taggings WHERE id % 1000 = 1
UNION ALL VALUES (1, 'Contact', 1, 'labels', timestamp '2025-02-03'), (2, 'Conversation', 1, 'topics', timestamp '2025-02-03'),
                 (2, 'Conversation', 2000000000, 'labels', timestamp '2025-02-03');
UPDATE tags SET taggings_count = n FROM (SELECT tag_id, count(*) AS n FROM taggings GROUP BY tag_id) AS c WHERE tags.id = c.tag_id;

INSERT INTO reporting_events (id, name, value, value_in_business_hours, account_id, inbox_id, user_id, conversation_id,
                              event_start_time, event_end_time, created_at, updated_at)
SELECT row_number() OVER (ORDER BY t.id, n), name, value, value * 0.4, account, inbox,
       CASE WHEN name <> 'conversation_inbox_changed' THEN agent END,
       -- Events outlive their conversations.
       CASE WHEN pg_temp.pick(t.id, 80, 300) = 0 THEN t.id + 1000000000 ELSE t.id END,
       start, start + value * interval '1 second', start + (value + 0.213) * interval '1 second', start + (value + 0.213) * interval '1 second'
FROM talks t
CROSS JOIN generate_series(1, 4) AS n
CROSS JOIN LATERAL (
    SELECT CASE n WHEN 1 THEN CASE WHEN agent IS NOT NULL THEN 'first_reply_created' ELSE 'message_created' END
                  WHEN 2 THEN CASE WHEN status = 1 THEN 'conversation_resolved' END
                  WHEN 3 THEN 'message_created'
                  ELSE CASE WHEN t.id % 8 = 0 THEN 'assignee_changed' WHEN t.id % 20 = 1 THEN 'conversation_inbox_changed' END END AS name,
           CASE n WHEN 1 THEN wait WHEN 2 THEN wait + (messages - 2) * pace WHEN 3 THEN pace ELSE 0 END::float8 AS value,
           at + CASE n WHEN 3 THEN wait * interval '1 second' ELSE interval '0' END AS start
    OFFSET 0
) AS e
WHERE name IS NOT NULL;

-- Odd rows, as real databases have them: each has broken somebody's report.
INSERT INTO reporting_events (id, name, value, account_id, inbox_id, user_id, conversation_id, event_start_time, event_end_time, created_at, updated_at)
SELECT last + n, name, value, 1, 1, 2, 1, started, ended, timestamp '2026-06-30 12:00:00', timestamp '2026-06-30 12:00:00'
FROM (SELECT max(id) FROM reporting_events) AS r (last), (VALUES
    (1, 'conversation_resolved', 'NaN'::float8, timestamp '2026-06-30 11:00:00', timestamp '2026-06-30 12:00:00'),
    (2, 'conversation_resolved', 'Infinity', '2026-06-30 11:00:00', 'infinity'),
    (3, 'first_reply_created', -86400, '2026-06-30 11:00:00', '2026-06-29 11:00:00'),
    (4, NULL, NULL, NULL, '0044-03-15 12:00:00 BC')
) AS v (n, name, value, started, ended);
INSERT INTO messages (id, content, account_id, inbox_id, conversation_id, message_type, created_at, updated_at, content_attributes, sender_type, sender_id)
SELECT last + n, content, account, inbox, conversation, 0, timestamp '2026-06-30 12:00:00', timestamp '2026-06-30 12:00:00', attributes::json, sender, 9999
FROM (SELECT max(id) FROM messages) AS r (last), (VALUES
    (1, repeat('A very long text. ', 60000), 1, 1, 1, '{}', 'Contact'),
    (2, '', 1, 1, 1, '{"text":"nul \u0000 inside"}', 'Contact'),
    (3, E'tab\tnewline\nreturn\rquote " backslash \\ bell \x07', 1, 1, 1, '"{\"half\":\"\\ud83d\"}"', 'Contact'),
    (4, '<script>alert(1)</script>', 1, 1, 1, '{"half":"\ud83d"}', 'User'),
    (5, 'in a conversation that is gone', 1, 1, 2000000000, '[]', 'User'),
    (6, 'in a conversation of another account', 1, 1, (SELECT coalesce(min(id), 1) FROM conversations WHERE account_id = 2), '"just text"', 'User'),
    (7, '100%_sure \ ''quoted'' Ünïcödé 𝒳 👩‍👩‍👧', 2, 6, (SELECT coalesce(min(id), 1) FROM conversations WHERE account_id = 2), NULL, NULL)
) AS v (n, content, account, inbox, conversation, attributes, sender);

DROP TABLE days, begun, talks, phrases;
SELECT setval('accounts_id_seq', (SELECT max(id) FROM accounts)),
       setval('users_id_seq', (SELECT max(id) FROM users)),
       setval('inboxes_id_seq', (SELECT max(id) FROM inboxes)),
       setval('teams_id_seq', (SELECT max(id) FROM teams)),
       setval('labels_id_seq', (SELECT max(id) FROM labels)),
       setval('tags_id_seq', (SELECT max(id) FROM tags)),
       setval('conversations_id_seq', (SELECT max(id) FROM conversations)),
       setval('messages_id_seq', (SELECT max(id) FROM messages)),
       setval('reporting_events_id_seq', (SELECT max(id) FROM reporting_events));
