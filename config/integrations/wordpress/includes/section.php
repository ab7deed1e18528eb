<?php
/**
 * The service's comment section in place of WordPress's comments.
 *
 * @package ReaderCommentModeration
 */

namespace ReaderCommentModeration;

defined( 'ABSPATH' ) || exit;

/** On a post: how many comments its section shows, as far as the service has told. */
const COUNT = '_rcm_count';

/** Shows the section where that is the mode. */
function show_section() {
	add_filter( 'comments_template', __NAMESPACE__ . '\\template', 99 );
	add_filter( 'render_block_core/comments', __NAMESPACE__ . '\\block' );
	add_filter( 'render_block_core/comments-query-loop', __NAMESPACE__ . '\\block' ); // Its name up to WordPress 6.0.
	add_filter( 'render_block_core/post-comments', __NAMESPACE__ . '\\block' );
	add_filter( 'render_block_core/post-comments-form', __NAMESPACE__ . '\\no_form' );
	add_filter( 'get_comments_number', __NAMESPACE__ . '\\number', 99, 2 );
}

/**
 * Filter `comments_template`.
 *
 * @param string $file The theme's template.
 * @return string
 */
function template( $file ) {
	return stands_here() ? dirname( PLUGIN_FILE ) . '/templates/section.php' : $file;
}

/**
 * Filter `render_block_core/comments`: the same, for themes made of blocks.
 *
 * @param string $html What WordPress shows.
 * @return string
 */
function block( $html ) {
	return stands_here() ? section_html() : $html;
}

/**
 * Filter `render_block_core/post-comments-form`: a form that a theme has put by itself goes.
 *
 * @param string $html What WordPress shows.
 * @return string
 */
function no_form( $html ) {
	return stands_here() ? '' : $html;
}

/**
 * Whether the section stands on this page: an article that everybody may read, and that takes comments or has some.
 *
 * @return bool
 */
function stands_here() {
	$post = get_post();
	return shows_section() && is_singular() && $post && is_article( $post )
		&& ( comments_open( $post ) || get_comments_number( $post ) > 0 );
}

/**
 * The section: one line of script, and a link to the same as plain HTML.
 *
 * @return string
 */
function section_html() {
	$name  = article_name( get_the_ID() );
	$plain = add_query_arg(
		array(
			'site'   => rawurlencode( setting( 'site_key' ) ),
			'return' => rawurlencode( get_permalink() ),
		),
		setting( 'address' ) . '/embed/' . rawurlencode( $name )
	);
	// A script of WordPress's own would lose the attributes by which the section knows where it stands.
	return sprintf(
		'<div id="comments" class="comments-area"><script src="%s" data-site-key="%s" data-article="%s" async></script><noscript><a href="%s">%s</a></noscript></div>', // phpcs:ignore WordPress.WP.EnqueuedResources.NonEnqueuedScript
		esc_url( setting( 'address' ) . '/embed.js' ),
		esc_attr( setting( 'site_key' ) ),
		esc_attr( $name ),
		esc_url( $plain ),
		esc_html__( 'Comments', 'reader-comment-moderation' )
	);
}

/**
 * Filter `get_comments_number`.
 *
 * @param int|string $number  How many comments WordPress has.
 * @param int        $post_id The post's id.
 * @return int|string
 */
function number( $number, $post_id ) {
	return shows_section() ? (int) get_post_meta( $post_id, COUNT, true ) : $number;
}

/**
 * An event came about an article: how many comments it shows is asked anew.
 *
 * @param mixed $article What is told of it.
 */
function count_anew( $article ) {
	$name    = is_array( $article ) && isset( $article['id'] ) && is_string( $article['id'] ) ? $article['id'] : '';
	$post_id = post_of_article( $name );
	if ( ! $post_id || ! get_post( $post_id ) || is_silent() ) {
		return;
	}
	$query  = '?site=' . rawurlencode( setting( 'site_key' ) ) . '&article=' . rawurlencode( $name );
	$answer = ask_service( 'GET', '/api/v1/counts' . $query );
	if ( 200 === $answer->status && isset( $answer->json['counts'][ $name ] ) && is_int( $answer->json['counts'][ $name ] ) ) {
		update_post_meta( $post_id, COUNT, $answer->json['counts'][ $name ] );
	}
}
