<?php
/**
 * Settings, Reader Comments: where the service is, its keys, the mode; what is wrong; all articles at once.
 *
 * @package ReaderCommentModeration
 */

namespace ReaderCommentModeration;

defined( 'ABSPATH' ) || exit;

const PAGE = 'reader-comment-moderation';

/** Who may see the page and press its buttons. */
const RIGHT = 'manage_options';

/** On a user: array( 'kind' ('success' or 'error'), 'words' => string[] ), shown once. */
const TOLD = 'rcm_told';

/** Adds the page. */
function show_settings_page() {
	add_action( 'admin_menu', __NAMESPACE__ . '\\add_page' );
	add_action( 'admin_init', __NAMESPACE__ . '\\register' );
	add_action( 'admin_post_rcm_test', __NAMESPACE__ . '\\test_pressed' );
	add_action( 'admin_post_rcm_send_all', __NAMESPACE__ . '\\send_all_pressed' );
	add_filter( 'plugin_action_links_' . plugin_basename( PLUGIN_FILE ), __NAMESPACE__ . '\\link_to_page' );
}

/** In the menu Settings. */
function add_page() {
	$words = __( 'Reader Comments', 'reader-comment-moderation' );
	add_options_page( $words, $words, RIGHT, PAGE, __NAMESPACE__ . '\\page' );
}

/**
 * A link to the page from the list of plugins.
 *
 * @param string[] $links The links there.
 * @return string[]
 */
function link_to_page( $links ) {
	$link = '<a href="' . esc_url( page_address() ) . '">' . esc_html__( 'Settings', 'reader-comment-moderation' ) . '</a>';
	return array_merge( array( $link ), $links );
}

/**
 * The page's address.
 *
 * @return string
 */
function page_address() {
	return admin_url( 'options-general.php?page=' . PAGE );
}

/** Has WordPress store the settings: it checks who sends them, and that they come from this page. */
function register() {
	register_setting(
		PAGE,
		OPTION,
		array(
			'type'              => 'array',
			'sanitize_callback' => __NAMESPACE__ . '\\settings_as_kept',
		)
	);
}

/**
 * Settings as they are kept. What is wrong is said and left as it was; a secret that isn't typed anew stays.
 *
 * @param mixed $given As it was sent.
 * @return array
 */
function settings_as_kept( $given ) {
	$given = is_array( $given ) ? array_filter( $given, 'is_string' ) : array();
	$kept  = array();
	foreach ( array( 'address', 'mode', 'secret_key', 'site_key', 'webhook_secret' ) as $name ) {
		$kept[ $name ] = isset( $given[ $name ] ) ? trim( sanitize_text_field( $given[ $name ] ) ) : setting( $name );
	}
	foreach ( array( 'secret_key', 'webhook_secret' ) as $name ) {
		if ( '' === $kept[ $name ] ) {
			$kept[ $name ] = setting( $name );
		}
	}
	$kept['mode'] = SECTION === $kept['mode'] ? SECTION : KEEP;
	$address      = untrailingslashit( esc_url_raw( $kept['address'], array( 'http', 'https' ) ) );
	if ( '' !== $kept['address'] && ! preg_match( '~^https?://[^/]~i', $kept['address'] ) ) {
		wrong( 'address', __( 'The address must look like https://comments.example. It was left as it was.', 'reader-comment-moderation' ) );
		$address = setting( 'address' );
	}
	$kept['address'] = $address;
	$forms           = array(
		'secret_key'     => array( '/^(?!pk_|whsec_)\S+$/', __( 'This is no secret key, but another one. It was left as it was.', 'reader-comment-moderation' ) ),
		'site_key'       => array( '/^pk_\S+$/', __( 'The publishable key begins with pk_. It was left as it was.', 'reader-comment-moderation' ) ),
		'webhook_secret' => array( '/^whsec_\S+( whsec_\S+)*$/', __( 'The webhook secret begins with whsec_. It was left as it was.', 'reader-comment-moderation' ) ),
	);
	foreach ( $forms as $name => $form ) {
		if ( '' !== $kept[ $name ] && ! preg_match( $form[0], $kept[ $name ] ) ) {
			wrong( $name, $form[1] );
			$kept[ $name ] = setting( $name );
		}
	}
	return $kept;
}

/**
 * Says what is wrong with a setting.
 *
 * @param string $name  Which.
 * @param string $words What.
 */
function wrong( $name, $words ) {
	add_settings_error( OPTION, $name, $words );
}

// --- buttons ---------------------------------------------------------------------------------------------------------

/** Somebody has pressed "Test the connection". */
function test_pressed() {
	only_for_admins( 'rcm_test' );
	$wrong = what_is_wrong();
	$right = array( __( 'The service answers, and both keys fit.', 'reader-comment-moderation' ) );
	go_back( $wrong ? 'error' : 'success', $wrong ? $wrong : $right );
}

/** Somebody has pressed "Send all articles". */
function send_all_pressed() {
	only_for_admins( 'rcm_send_all' );
	begin_sending_all();
	go_back( 'success', array( __( 'The articles are sent in the background, some at a time. This page says how many are left.', 'reader-comment-moderation' ) ) );
}

/**
 * Ends a request that isn't an administrator's, or doesn't come from the page.
 *
 * @param string $action Which button.
 */
function only_for_admins( $action ) {
	if ( ! current_user_can( RIGHT ) ) {
		wp_die( esc_html__( 'You may not do this.', 'reader-comment-moderation' ), '', array( 'response' => 403 ) );
	}
	check_admin_referer( $action );
}

/**
 * Back to the page, which says this once.
 *
 * @param string   $kind  'success' or 'error'.
 * @param string[] $words What.
 */
function go_back( $kind, $words ) {
	update_user_meta(
		get_current_user_id(),
		TOLD,
		array(
			'kind'  => $kind,
			'words' => $words,
		)
	);
	wp_safe_redirect( page_address() );
	exit;
}

// --- the page --------------------------------------------------------------------------------------------------------

/** The page itself. */
function page() {
	if ( ! current_user_can( RIGHT ) ) {
		return;
	}
	echo '<div class="wrap"><h1>' . esc_html__( 'Reader Comments', 'reader-comment-moderation' ) . '</h1>';
	show_what_was_told();
	echo '<form method="post" action="options.php">';
	settings_fields( PAGE );
	echo '<table class="form-table" role="presentation">';
	text_row( 'address', 'url', __( 'Address of the service', 'reader-comment-moderation' ), __( 'Such as https://comments.example', 'reader-comment-moderation' ) );
	mode_row();
	text_row( 'secret_key', 'password', __( 'Secret key', 'reader-comment-moderation' ), __( 'With the rights articles, submit, read and moderate: moderation sites secret-key SITE --right articles --right submit --right read --right moderate', 'reader-comment-moderation' ) );
	/* translators: %s: a command. */
	text_row( 'site_key', 'text', __( 'Publishable key', 'reader-comment-moderation' ), sprintf( __( 'For the section only: %s', 'reader-comment-moderation' ), 'moderation sites publishable-key SITE --origin ' . own_origin() ) );
	/* translators: %s: a command with the address of this site. */
	text_row( 'webhook_secret', 'password', __( 'Webhook secret', 'reader-comment-moderation' ), sprintf( __( 'Printed by: %s', 'reader-comment-moderation' ), 'moderation webhooks add --site SITE ' . events_address() ) );
	echo '</table>';
	submit_button();
	echo '</form>';
	button( 'rcm_test', __( 'Test the connection', 'reader-comment-moderation' ) );
	button( 'rcm_send_all', __( 'Send all articles', 'reader-comment-moderation' ) );
	show_how_it_stands();
	echo '</div>';
}

/**
 * A setting that is typed. A secret is never shown again.
 *
 * @param string $name  Which.
 * @param string $type  The field's.
 * @param string $label Its name.
 * @param string $help  What it is.
 */
function text_row( $name, $type, $label, $help ) {
	$is_secret = 'password' === $type;
	$has_one   = '' !== setting( $name );
	printf(
		'<tr><th scope="row"><label for="rcm-%1$s">%2$s</label></th><td><input id="rcm-%1$s" class="regular-text" type="%3$s" name="%4$s[%1$s]" value="%5$s" placeholder="%6$s" autocomplete="off" aria-describedby="rcm-%1$s-help"><p class="description" id="rcm-%1$s-help">%7$s</p></td></tr>',
		esc_attr( $name ),
		esc_html( $label ),
		esc_attr( $type ),
		esc_attr( OPTION ),
		esc_attr( $is_secret ? '' : setting( $name ) ),
		esc_attr( $is_secret && $has_one ? __( 'Kept. Type a new one to change it.', 'reader-comment-moderation' ) : '' ),
		esc_html( $help )
	);
}

/** The choice between the two modes. */
function mode_row() {
	$modes = array(
		KEEP    => __( 'Comments stay in WordPress. The service is asked before one appears; moderators decide there.', 'reader-comment-moderation' ),
		SECTION => __( 'The service\'s comment section stands in place of the comment form.', 'reader-comment-moderation' ),
	);
	echo '<tr><th scope="row">' . esc_html__( 'Mode', 'reader-comment-moderation' ) . '</th><td><fieldset>';
	echo '<legend class="screen-reader-text">' . esc_html__( 'Mode', 'reader-comment-moderation' ) . '</legend>';
	foreach ( $modes as $mode => $words ) {
		printf(
			'<label><input type="radio" name="%s[mode]" value="%s"%s> %s</label><br>',
			esc_attr( OPTION ),
			esc_attr( $mode ),
			\checked( setting( 'mode' ), $mode, false ),
			esc_html( $words )
		);
	}
	echo '</fieldset></td></tr>';
}

/**
 * A button beside the settings.
 *
 * @param string $action What it does.
 * @param string $words  What it says.
 */
function button( $action, $words ) {
	echo '<form method="post" style="display:inline-block;margin-right:1em" action="' . esc_url( admin_url( 'admin-post.php' ) ) . '">';
	echo '<input type="hidden" name="action" value="' . esc_attr( $action ) . '">';
	wp_nonce_field( $action );
	submit_button( $words, 'secondary', 'submit', false );
	echo '</form>';
}

/** What a button has brought, once. */
function show_what_was_told() {
	$told = get_user_meta( get_current_user_id(), TOLD, true );
	if ( ! is_array( $told ) || ! isset( $told['kind'], $told['words'] ) ) {
		return;
	}
	delete_user_meta( get_current_user_id(), TOLD );
	foreach ( (array) $told['words'] as $words ) {
		echo '<div class="notice notice-' . esc_attr( $told['kind'] ) . '"><p>' . esc_html( $words ) . '</p></div>';
	}
}

/** How things stand: what is left to do, what came, what went wrong. */
function show_how_it_stands() {
	$lines = array();
	$left  = left_to_send();
	if ( null !== $left ) {
		/* translators: %s: a number. */
		$lines[] = sprintf( _n( '%s article is still to be sent.', '%s articles are still to be sent.', $left, 'reader-comment-moderation' ), number_format_i18n( $left ) );
	}
	$waiting = get_comments(
		array(
			'status'       => 'any',
			'meta_key'     => TODO, // phpcs:ignore WordPress.DB.SlowDBQuery.slow_db_query_meta_key
			'meta_compare' => 'EXISTS',
			'count'        => true,
		)
	);
	/* translators: %s: a number. */
	$lines[] = sprintf( _n( '%s comment waits to be told to the service.', '%s comments wait to be told to the service.', $waiting, 'reader-comment-moderation' ), number_format_i18n( $waiting ) );
	$event   = (int) get_option( LAST_EVENT, 0 );
	/* translators: %s: such as "5 minutes". */
	$lines[] = $event ? sprintf( __( 'The service last told of something %s ago.', 'reader-comment-moderation' ), human_time_diff( $event ) ) : __( 'The service has told of nothing yet.', 'reader-comment-moderation' );
	$problem = get_option( LAST_PROBLEM );
	if ( is_array( $problem ) && isset( $problem['at'], $problem['words'] ) ) {
		/* translators: 1: such as "5 minutes", 2: what went wrong. */
		$lines[] = sprintf( __( 'Last trouble, %1$s ago: %2$s', 'reader-comment-moderation' ), human_time_diff( (int) $problem['at'] ), $problem['words'] );
	}
	echo '<h2>' . esc_html__( 'How it stands', 'reader-comment-moderation' ) . '</h2><ul class="ul-disc">';
	foreach ( $lines as $line ) {
		echo '<li>' . esc_html( $line ) . '</li>';
	}
	echo '</ul>';
}
