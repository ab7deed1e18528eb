<?php
/**
 * What keeps this site and the service from working together.
 *
 * @package ReaderCommentModeration
 */

namespace ReaderCommentModeration;

defined( 'ABSPATH' ) || exit;

/**
 * What keeps this site and the service from working together, each with what mends it; empty where nothing does.
 *
 * @return string[]
 */
function what_is_wrong() {
	if ( ! is_set_up() ) {
		return array( __( 'Save the address and the secret key first.', 'reader-comment-moderation' ) );
	}
	delete_transient( SILENT );
	$wrong  = array();
	$answer = ask_service( 'GET', '/api/v1/comments' );
	if ( 401 === $answer->status ) {
		$wrong[] = __( 'The service doesn\'t know this secret key, or it was revoked. Make one: moderation sites secret-key SITE --right articles --right submit --right read --right moderate', 'reader-comment-moderation' );
	} elseif ( 403 === $answer->status ) {
		$wrong[] = __( 'The secret key lacks the right to moderate. Make one: moderation sites secret-key SITE --right articles --right submit --right read --right moderate', 'reader-comment-moderation' );
	} elseif ( 200 !== $answer->status || ! isset( $answer->json['comments'] ) ) {
		/* translators: 1: the service's address, 2: what went wrong. */
		$wrong[] = sprintf( __( 'No service was reached at %1$s: %2$s', 'reader-comment-moderation' ), setting( 'address' ), $answer->problem() );
		return $wrong;
	}
	if ( SECTION === setting( 'mode' ) || '' !== setting( 'site_key' ) ) {
		$wrong = array_merge( $wrong, what_is_wrong_with_site_key() );
	}
	if ( KEEP === setting( 'mode' ) && '' === setting( 'webhook_secret' ) ) {
		$wrong[] = __( 'There is no webhook secret: decisions made at the service will not come back.', 'reader-comment-moderation' );
	}
	return $wrong;
}

/**
 * The same for the publishable key, which a section needs.
 *
 * @return string[]
 */
function what_is_wrong_with_site_key() {
	$command = 'moderation sites publishable-key SITE --origin ' . own_origin();
	if ( '' === setting( 'site_key' ) ) {
		/* translators: %s: a command. */
		return array( sprintf( __( 'The section needs a publishable key: %s', 'reader-comment-moderation' ), $command ) );
	}
	$response = wp_remote_post( // As a reader's browser would, but with nothing in it that could be stored.
		setting( 'address' ) . '/api/v1/articles/wp-1-1/comments',
		array(
			'timeout'     => TIME_LIMIT,
			'redirection' => 0,
			'body'        => '{}',
			'headers'     => array(
				'X-Site-Key'   => setting( 'site_key' ),
				'Origin'       => own_origin(),
				'Content-Type' => 'application/json',
			),
		)
	);
	$answer   = answer_of( $response );
	if ( 422 === $answer->status ) {
		return array();
	}
	if ( 401 === $answer->status ) {
		/* translators: %s: a command. */
		return array( sprintf( __( 'The service doesn\'t know this publishable key. Make one: %s', 'reader-comment-moderation' ), $command ) );
	}
	if ( 'origin_not_allowed' === $answer->text( 'code' ) ) {
		/* translators: 1: the address of this site, 2: a command. */
		return array( sprintf( __( 'This publishable key does not work on pages of %1$s. Make one that does: %2$s', 'reader-comment-moderation' ), own_origin(), $command ) );
	}
	return array( $answer->problem() );
}

/**
 * The origin of this site's pages, such as https://news.example.
 *
 * @return string
 */
function own_origin() {
	$parts = wp_parse_url( home_url() );
	return $parts['scheme'] . '://' . $parts['host'] . ( isset( $parts['port'] ) ? ':' . $parts['port'] : '' );
}
