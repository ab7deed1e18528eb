<?php
/**
 * What an administrator has set, and the names under which anything is kept.
 *
 * @package ReaderCommentModeration
 */

namespace ReaderCommentModeration;

defined( 'ABSPATH' ) || exit;

const OPTION = 'reader_comment_moderation';

/** Comments stay in WordPress, and the service is asked before one appears. */
const KEEP = 'keep';

/** The service's section stands in place of the comment form. */
const SECTION = 'section';

/**
 * One setting: 'address' (without a slash at its end), 'mode' (KEEP or SECTION), 'secret_key', 'site_key',
 * 'webhook_secret'; '' where it isn't set.
 *
 * @param string $name Which.
 * @return string
 */
function setting( $name ) {
	$all = get_option( OPTION, array() );
	if ( ! is_array( $all ) || ! isset( $all[ $name ] ) || ! is_string( $all[ $name ] ) ) {
		return 'mode' === $name ? KEEP : '';
	}
	return $all[ $name ];
}

/**
 * Whether comments stay in WordPress and the service decides about them. A site that was never set up goes on as if
 * the plugin weren't there.
 *
 * @return bool
 */
function keeps_comments() {
	return KEEP === setting( 'mode' ) && is_set_up();
}

/**
 * Whether the service's section stands in place of the comment form.
 *
 * @return bool
 */
function shows_section() {
	return SECTION === setting( 'mode' ) && '' !== setting( 'address' ) && '' !== setting( 'site_key' );
}

/**
 * Whether the service can be asked at all.
 *
 * @return bool
 */
function is_set_up() {
	return '' !== setting( 'address' ) && '' !== setting( 'secret_key' );
}
